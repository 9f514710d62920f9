import { expect, test } from "vitest";
import type { Series } from "@/api/schema";
import { indexAt, joinCurve, type LivePoints, NO_POINTS } from "./curve";

const KEY = "train/loss";

const series = (x: number[], mean: number[], more: Partial<Series> = {}): Series => ({
  key: KEY,
  x,
  mean,
  min: null,
  max: null,
  count: null,
  last: mean.at(-1) ?? null,
  nonfinite: [],
  ...more,
});

const live = (x: number[], value: number[], more: Partial<LivePoints> = {}): LivePoints => ({
  firstX: x[0] ?? Number.POSITIVE_INFINITY,
  x,
  value,
  nonfinite: [],
  ...more,
});

test("live points follow the window's, and those that both hold are there once", () => {
  const curve = joinCurve(series([1, 2, 3], [1, 2, 3]), null, 3, live([3, 4], [3, 4]));
  expect(curve.x).toEqual([1, 2, 3, 4]);
  expect(curve.mean).toEqual([1, 2, 3, 4]);
  expect(curve.high).toEqual(curve.mean);
  expect(curve.lastX).toBe(4);
});

test("an attempt that went back replaces what the window has from there on", () => {
  const nonfinite = [{ x: 4, step: 4, what: "nan" as const, count: 1 }];
  const curve = joinCurve(series([1, 2, 3, 4, 5], [1, 1, 1, 1, 1], { nonfinite }), null, 5, live([3], [0.5]));
  expect(curve.x).toEqual([1, 2, 3]);
  expect(curve.mean).toEqual([1, 1, 0.5]);
  expect(curve.nonfinite).toEqual([]);
  expect(curve.lastX).toBe(3);
});

test("live points fall into buckets of the window's width, and complete its last one", () => {
  const window = series([0, 10], [1, 2], { min: [0, 1], max: [5, 3], count: [10, 5] });
  const curve = joinCurve(window, 10, 14, live([15, 16, 20], [8, 2, 7]));
  expect(curve.x).toEqual([0, 10, 20]);
  expect(curve.mean).toEqual([1, (2 * 5 + 8 + 2) / 7, 7]);
  expect(curve.low).toEqual([0, 1, 7]);
  expect(curve.high).toEqual([5, 8, 7]);
  expect(curve.count).toEqual([10, 7, 1]);
});

test("a bucket that the live points began anew is theirs alone; the one they begin in is completed", () => {
  const window = series([0, 10, 20], [1, 1, 1], { min: [1, 1, 1], max: [1, 1, 1], count: [10, 10, 3] });
  const curve = joinCurve(window, 10, 22, live([18, 20, 21], [2, 2, 4]));
  expect(curve.x).toEqual([0, 10, 20]);
  expect(curve.mean[2]).toBe(3);
  expect(curve.count).toEqual([10, 11, 2]);
});

test("the last bucket of a time axis takes live points although its begin is not a round multiple", () => {
  const bucket = 0.1;
  const begin = 0.1 * 3 + 1e-12;
  const window = series([begin], [1], { min: [1], max: [1], count: [1] });
  expect(joinCurve(window, bucket, 0.35, live([0.39], [3])).x).toEqual([begin]);
});

test("what is not finite is counted by bucket and kind", () => {
  const nan = (x: number) => ({ x, step: x, what: "nan" as const, count: 1 });
  const window = series([0], [1], { min: [1], max: [1], count: [5], nonfinite: [nan(3)] });
  const fresh = live([], [], { firstX: 5, nonfinite: [nan(5), nan(6), { ...nan(7), what: "inf" }, nan(12)] });
  expect(joinCurve(window, 10, 4, fresh).nonfinite).toEqual([
    { ...nan(3), count: 3 },
    { ...nan(7), what: "inf" },
    nan(12),
  ]);
});

test("a window without news is taken as it is; nothing at all is an empty curve", () => {
  const window = series([1], [2]);
  expect(joinCurve(window, null, 1, NO_POINTS).x).toBe(window.x);
  expect(joinCurve(undefined, null, 0, NO_POINTS).lastX).toBe(Number.NEGATIVE_INFINITY);
});

test("a place on the axis is nearest to a raw point, or within a bucket", () => {
  expect([0, 2.4, 2.6, 9].map((x) => indexAt({ x: [2, 3], bucket: null }, x))).toEqual([0, 0, 1, 1]);
  expect([0, 19, 20, 99].map((x) => indexAt({ x: [0, 20], bucket: 10 }, x))).toEqual([0, 0, 1, 1]);
  expect(indexAt({ x: [], bucket: null }, 1)).toBe(-1);
});
