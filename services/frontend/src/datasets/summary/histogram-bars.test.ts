import { expect, test } from "vitest";
import { barsOf, heights } from "./histogram-bars";

test("whole numbers end before the next edge, the last bar at it", () => {
  expect(barsOf([1, 17, 33, 49], [3, 0, 5]).map(({ label }) => label)).toEqual(["1 to 16", "17 to 32", "33 to 49"]);
  expect(barsOf([1, 2, 3], [3, 1]).map(({ label }) => label)).toEqual(["1", "2 to 3"]);
  expect(barsOf([1, 17, 33], [3, 5]).map(({ ends }) => ends)).toEqual([
    ["1", "16"],
    ["17", "33"],
  ]);
});

test("other numbers end at the next edge", () => {
  expect(barsOf([0, 0.5, 1], [3, 1]).map(({ label }) => label)).toEqual(["0 to 0.5", "0.5 to 1"]);
});

test("what is there is seen, what is not is not", () => {
  const bars = [90_000, 1, 0].map((count) => ({ label: "", ends: ["", ""] as const, count }));
  expect(heights(bars, 0.04)).toEqual([1, 0.04, 0]);
  expect(heights([])).toEqual([]);
});
