import { expect, test } from "vitest";
import { addRun, compareHref, placed, removeRun } from "./compared-runs";

test("a removed run leaves the others their places, and the next one takes the free place", () => {
  const left = removeRun(["a", "b", "c"], "b");
  expect(placed(left)).toEqual([
    { id: "a", place: 0 },
    { id: "c", place: 2 },
  ]);
  expect(addRun(left, "d")).toEqual(["a", "d", "c"]);
  expect(addRun(left, "c")).toBe(left);
});

test("free places at the end are forgotten", () => {
  expect(removeRun(removeRun(["a", "b", "c"], "b"), "c")).toEqual(["a"]);
  expect(removeRun(["a"], "a")).toEqual([]);
});

test("a run that is named twice is compared once, and not more than have colours", () => {
  expect(placed(["a", "a"])).toHaveLength(1);
  expect(placed(Array.from({ length: 14 }, (_, i) => `${i}`))).toHaveLength(10);
});

test("a link names each run", () => {
  expect(compareHref(["a", "b c"])).toBe("/compare/?run=a&run=b+c");
});
