import { expect, test } from "vitest";
import type { Series } from "@/api/schema";
import { StepStore } from "@/live/step-store";
import { joinCurve } from "./curve";

const KEY = "train/loss";

const series = (step: number[], mean: number[], more: Partial<Series> = {}): Series => ({
  key: KEY,
  step,
  mean,
  min: null,
  max: null,
  nonfinite: [],
  ...more,
});

const live = (...batches: [attempt: number, step: number[], value: number[]][]) => {
  const store = new StepStore();
  for (const [attempt, step, value] of batches) {
    store.append({ run_id: "a", attempt, kind: "step", step, values: { [KEY]: value }, nonfinite: {} });
  }
  return store.get("step");
};

test("live points follow the window's, and those that both hold are there once", () => {
  const tail = live([1, [3, 4], [3, 4]]);
  const curve = joinCurve(KEY, series([1, 2, 3], [1, 2, 3]), { fromStep: 1, toStep: 3, bucketSteps: 1 }, tail, 0);
  expect(curve.step).toEqual([1, 2, 3, 4]);
  expect(curve.mean).toEqual([1, 2, 3, 4]);
  expect(curve.lastStep).toBe(4);
});

test("points that arrived before the window was asked for are the window's to tell", () => {
  const tail = live([1, [3], [99]], [1, [4], [4]]);
  const curve = joinCurve(KEY, series([3], [3]), { fromStep: 1, toStep: 3, bucketSteps: 1 }, tail, 1);
  expect(curve.mean).toEqual([3, 4]);
});

test("an attempt that went back replaces what the window has from there on", () => {
  const tail = live([2, [3], [0.5]]);
  const window = series([1, 2, 3, 4, 5], [1, 1, 1, 1, 1], { nonfinite: [{ step: 4, what: "nan" }] });
  const curve = joinCurve(KEY, window, { fromStep: 1, toStep: 5, bucketSteps: 1 }, tail, 0);
  expect(curve.step).toEqual([1, 2, 3]);
  expect(curve.mean).toEqual([1, 1, 0.5]);
  expect(curve.nonfinite).toEqual([]);
  expect(curve.lastStep).toBe(3);
});

test("live points fall into buckets of the window's size, and complete its last one", () => {
  const window = series([0, 10], [1, 2], { min: [0, 1], max: [5, 3] });
  const tail = live([1, [15, 16, 20], [8, 2, 7]]);
  const curve = joinCurve(KEY, window, { fromStep: 0, toStep: 14, bucketSteps: 10 }, tail, 0);
  expect(curve.step).toEqual([0, 10, 20]);
  expect(curve.mean).toEqual([1, (2 * 5 + 8 + 2) / 7, 7]);
  expect(curve.low).toEqual([0, 1, 7]);
  expect(curve.high).toEqual([5, 8, 7]);
});

test("a metric the window lacks is drawn from its live points alone", () => {
  const curve = joinCurve(KEY, undefined, { fromStep: 1, toStep: 0, bucketSteps: 1 }, live([1, [1], [2]]), 0);
  expect(curve.step).toEqual([1]);
});

test("nothing at all is an empty curve", () => {
  expect(joinCurve(KEY, undefined, { fromStep: 1, toStep: 0, bucketSteps: 1 }, undefined, 0).step).toEqual([]);
});
