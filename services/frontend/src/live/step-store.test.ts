import { expect, test } from "vitest";
import type { StepBatch } from "@/api/schema";
import { StepStore } from "./step-store";

const batch = (attempt: number, step: number[], loss: (number | null)[], more: Partial<StepBatch> = {}): StepBatch => ({
  run_id: "a",
  attempt,
  kind: "step",
  step,
  ts: step.map((one) => 100 + one),
  values: { "train/loss": loss },
  nonfinite: {},
  ...more,
});

const held = (store: StepStore) => {
  const tail = store.get("step");
  return tail ? tail.step.map((step, i) => [step, tail.values.get("train/loss")?.[i]]) : [];
};

test("steps are appended in order, and one that comes twice is taken once", () => {
  const store = new StepStore();
  store.append(batch(1, [1, 2], [0.5, 0.4]));
  store.append(batch(1, [2, 3], [0.4, 0.3]));
  expect(held(store)).toEqual([
    [1, 0.5],
    [2, 0.4],
    [3, 0.3],
  ]);
});

test("a newer attempt that goes back cuts what it will write again", () => {
  const store = new StepStore();
  store.append(batch(1, [10, 11, 12, 13], [1, 1, 1, 1]));
  store.append(batch(2, [12], [0.5]));
  expect(held(store)).toEqual([
    [10, 1],
    [11, 1],
    [12, 0.5],
  ]);
});

test("an eval of a newer attempt cuts the steps beyond it, and late points of the old attempt are dropped", () => {
  const store = new StepStore();
  store.append(batch(1, [10, 11, 12], [1, 1, 1]));
  store.append(batch(2, [11], [9], { kind: "eval" }));
  store.append(batch(1, [13], [1]));
  expect(held(store)).toEqual([
    [10, 1],
    [11, 1],
  ]);
});

test("a metric that begins later or pauses has nulls where it lacks", () => {
  const store = new StepStore();
  store.append(batch(1, [1], [0.5]));
  store.append(batch(1, [2], [], { values: { "train/grad_norm": [2] } }));
  expect(store.get("step")?.values.get("train/grad_norm")).toEqual([null, 2]);
  expect(store.get("step")?.values.get("train/loss")).toEqual([0.5, null]);
});

test("what is not finite is kept with its step, and cut with it", () => {
  const store = new StepStore();
  store.append(batch(1, [1, 2], [0.5, null], { nonfinite: { "train/loss": [{ step: 2, what: "nan" }] } }));
  expect(store.get("step")?.nonfinite.get("train/loss")).toEqual([{ step: 2, what: "nan" }]);
  store.append(batch(2, [2], [0.4]));
  expect(store.get("step")?.nonfinite.get("train/loss")).toEqual([]);
});

test("what a window fetched at some moment lacks is counted", () => {
  const store = new StepStore();
  store.append(batch(1, [1, 2], [1, 1]));
  const mark = store.arrived;
  store.append(batch(1, [3], [1]));
  expect([store.since(0), store.since(mark), store.since(store.arrived)]).toEqual([3, 1, 0]);
});

test("the head is the last step of any kind, with its time", () => {
  const store = new StepStore();
  expect(store.head()).toBeUndefined();
  store.append(batch(1, [5], [1]));
  store.append(batch(1, [4], [1], { kind: "eval", ts: [200] }));
  expect(store.head()).toEqual({ step: 5, ts: 200 });
});

test("a metric is looked for where it was seen, or else where its name belongs", () => {
  const store = new StepStore();
  store.append(batch(1, [1], [1]));
  store.append(batch(1, [1], [], { kind: "eval", values: { "train/odd": [1] } }));
  expect(store.tailOf("train/odd")).toBe(store.get("eval"));
  expect(store.tailOf("train/new")).toBe(store.get("step"));
  expect(store.tailOf("eval/loss")).toBe(store.get("eval"));
});

test("memory is bounded, and what was newest stays", () => {
  const store = new StepStore();
  const steps = Array.from({ length: 20_000 }, (_, i) => i + 1);
  store.append(batch(1, steps, steps));
  expect(store.get("step")?.step).toHaveLength(8_000);
  expect(store.get("step")?.step.at(-1)).toBe(20_000);
  expect(store.get("step")?.ts.at(-1)).toBe(20_100);
  expect(store.get("step")?.values.get("train/loss")).toHaveLength(8_000);
});
