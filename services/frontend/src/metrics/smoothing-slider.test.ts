import { expect, test } from "vitest";
import { positionOf, weightAt } from "./smoothing-slider";

test("the slider goes from no smoothing to the most, and stands where it was put", () => {
  expect(weightAt(0)).toBe(0);
  expect(weightAt(positionOf(1))).toBe(0.999);
  for (const weight of [0.1, 0.6, 0.9, 0.99]) expect(weightAt(positionOf(weight))).toBeCloseTo(weight);
});
