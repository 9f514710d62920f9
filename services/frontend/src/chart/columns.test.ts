import { expect, test } from "vitest";
import { type Canvas, columnsOf } from "./columns";
import { type Curve, joinCurve, NO_POINTS } from "./curve";

const curve = (x: number[], low: number[], high: number[], bucket: number): Curve => {
  const series = { key: "k", x, mean: low, min: low, max: high, count: low.map(() => 1), last: null, nonfinite: [] };
  return joinCurve(series, bucket, 1e9, NO_POINTS);
};
const canvas = (pixelsAStep: number, begin = 0): Canvas => ({
  toX: (x) => (x - begin) * pixelsAStep,
  toY: (value) => 100 - value,
  seen: [0, 500],
  ratio: 1,
});

test("a bucket is a column from its lowest to its highest value, and at least a pixel high", () => {
  expect(columnsOf(curve([0, 10], [1, 5], [9, 5], 10), [0, 2], canvas(1))).toEqual([
    { left: 0, right: 10, top: 91, bottom: 99 },
    { left: 10, right: 20, top: 95, bottom: 96 },
  ]);
});

test("buckets that share a pixel keep the extremes of all", () => {
  const x = [0, 10, 20, 30];
  expect(columnsOf(curve(x, [5, 5, 1, 5], [6, 90, 6, 6], 10), [0, 4], canvas(0.01))).toEqual([
    { left: 0, right: 1, top: 10, bottom: 99 },
  ]);
});

test("after a deep zoom a column is no wider than the canvas", () => {
  const wide = columnsOf(curve([0, 8192], [1, 1], [2, 2], 8192), [0, 2], canvas(1e6, 8190));
  expect(wide).toEqual([{ left: 0, right: 500, top: 98, bottom: 99 }]);
});
