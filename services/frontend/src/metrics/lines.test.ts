import { expect, test } from "vitest";
import type { Axis, Metrics, RunSeries } from "@/api/schema";
import { StepStore } from "@/live/step-store";
import { linesOf } from "./lines";
import type { Window } from "./use-window";

const KEY = "train/loss";
const RUN = { id: "a", name: "A", attempt: 1, colour: "--run-1" };

const of = (attempt: number | null, x: number[]): RunSeries => ({
  run_id: "a",
  attempt,
  t0: 1_000,
  series: [{ key: KEY, x, mean: x, min: null, max: null, count: null, last: null, nonfinite: [] }],
});

const windowOf = (store: StepStore, runs: RunSeries[], x: Axis = "step", to: number | null = null): Window => ({
  metrics: { cursor: "1", x, from_x: 0, to_x: 9, bucket: null, runs } satisfies Metrics,
  span: { from: null, to },
  stands: new Map([["a", { store, attempt: store.attempt, mark: store.arrived }]]),
});

const steps = (store: StepStore, attempt: number, step: number[], nan: number[] = []) =>
  store.append({
    run_id: "a",
    attempt,
    kind: "step",
    step,
    ts: step.map((one) => 1_000 + 2 * one),
    values: { [KEY]: step.map((one) => (nan.includes(one) ? null : one / 2)) },
    nonfinite: { [KEY]: nan.map((one) => ({ step: one, what: "nan" as const })) },
  });

const draw = (store: StepStore, window: Window) => linesOf(KEY, [RUN], window, () => store, 0);

test("what arrived after the window was asked for follows it, on the window's axis", () => {
  const store = new StepStore();
  steps(store, 1, [1, 2]);
  const [byStep, byTime] = [windowOf(store, [of(null, [1, 2])]), windowOf(store, [of(null, [2, 4])], "relative")];
  steps(store, 1, [3, 4], [4]);
  expect(draw(store, byStep)[0]?.curve).toMatchObject({ x: [1, 2, 3], mean: [1, 2, 1.5], lastX: 3 });
  expect(draw(store, byStep)[0]?.curve.nonfinite).toEqual([{ x: 4, step: 4, what: "nan", count: 1 }]);
  expect(draw(store, byTime)[0]?.curve.x).toEqual([2, 4, 6]);
  expect(draw(store, byTime)[0]?.curve.nonfinite[0]?.x).toBe(8);
});

test("a window that ends before the head, or was asked for of another stretch, takes no live points", () => {
  const store = new StepStore();
  const ended = windowOf(store, [of(null, [1])], "step", 5);
  steps(store, 1, [2]);
  expect(draw(store, ended)[0]?.curve.x).toEqual([1]);
  expect(draw(new StepStore(), windowOf(store, [of(null, [1])]))[0]?.curve.x).toEqual([1]);
});

test("an older attempt is shown from where a newer one wrote again", () => {
  const runs = [of(null, [1, 2, 3]), of(1, [1, 2, 3, 4]), of(2, [2, 3])];
  const store = new StepStore();
  const lines = draw(store, windowOf(store, runs));
  expect(lines.map((line) => [line.name, line.superseded, line.curve.x])).toEqual([
    ["A, attempt 1", true, [2, 3, 4]],
    ["A", false, [1, 2, 3]],
  ]);
});

test("a run that the window lacks has no line", () => {
  const store = new StepStore();
  expect(draw(store, windowOf(store, []))).toEqual([]);
});
