import { expect, test } from "vitest";
import type { SampleRead } from "@/api/schema";
import { byStep } from "./by-step";

const sample = (step: number, more: Partial<SampleRead> = {}): SampleRead => ({
  attempt: 1,
  step,
  what: "lora",
  prompt: "a bear",
  seed: 1,
  path: `samples/${step}.mp4`,
  url: `/x/${step}.mp4`,
  ts: step,
  ...more,
});

test("the newest step is first, and the base stands beside each", () => {
  const base = sample(0, { what: "base" });
  const steps = byStep([base, sample(100), sample(200)]);
  expect(steps.map(({ step }) => step)).toEqual([200, 100, 0]);
  expect(steps[0]?.pairs).toEqual([{ prompt: "a bear", seed: 1, lora: sample(200), base }]);
});

test("prompts stay apart, and the newest attempt wins a step", () => {
  const again = sample(100, { attempt: 2, path: "samples/again.mp4" });
  const other = sample(100, { prompt: "a car" });
  const [step] = byStep([again, sample(100), other]);
  expect(step?.pairs.map((pair) => pair.lora?.path)).toEqual(["samples/again.mp4", other.path]);
});
