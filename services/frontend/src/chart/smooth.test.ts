import { expect, test } from "vitest";
import { smooth } from "./smooth";

test("a constant stays constant from the first value on", () => {
  expect(smooth([2, 2, 2], 0.9)).toEqual([2, 2, 2].map((v) => expect.closeTo(v)));
});

test("the average is free of the bias to zero", () => {
  expect(smooth([1, 3], 0.5)[1]).toBeCloseTo((0.25 * 1 + 0.5 * 3) / 0.75);
});

test("no weight changes nothing, and too much is held at the largest", () => {
  expect(smooth([1, 5], 0)).toEqual([1, 5]);
  expect(smooth([1, 5], 7)[1]).toBeCloseTo(3, 2);
});
