import { expect, test } from "vitest";
import { joinCurve, NO_POINTS } from "./curve";
import { lookOf } from "./picture";

const look = (mean: number[], max = mean, x = mean.map((_, i) => 10 * i)) => {
  const series = { key: "k", x, mean, min: mean, max, count: mean, last: null, nonfinite: [] };
  const curve = joinCurve(series, 10, 100, NO_POINTS);
  const line = { id: "a", runId: "a", name: "a", colour: "--run-1", curve, smoothed: mean, superseded: false };
  return lookOf({ lines: [line], range: [0, 100], marks: [] }, (value) => 100 * value);
};

test("a last bucket that moves by less than a pixel looks the same; a spike in it does not", () => {
  expect(look([1, 2])).toBe(look([1, 2.001]));
  expect(look([1, 2])).not.toBe(look([1, 2], [1, 9]));
});

test("a new bucket, and another value in an older one, look otherwise", () => {
  expect(look([1, 2])).not.toBe(look([1, 2, 2]));
  expect(look([1, 2])).not.toBe(look([1.0001, 2]));
});
