import { expect, test } from "vitest";
import { sparkPath } from "./sparkline";

test("the highest value is at the top, the newest at the right", () => {
  expect(sparkPath([2, 1])).toBe("M2.0 2.0L118.0 26.0");
});

test("equal values are a level line", () => {
  expect(sparkPath([1, 1])).not.toContain("NaN");
});
