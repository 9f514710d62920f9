import { expect, test } from "vitest";
import type { CheckpointRead } from "@/api/schema";
import { bestOf } from "./checkpoints";

const checkpoint = (step: number, eval_loss: number | null): CheckpointRead => ({
  attempt: 1,
  step,
  path: `checkpoints/step-${step}`,
  bytes: null,
  lora: null,
  lora_url: null,
  eval_loss,
  ts: step,
});

test("the best is the one with the lowest eval/loss", () => {
  const all = [checkpoint(3, 0.3), checkpoint(2, 0.1), checkpoint(1, null)];
  expect(bestOf(all)?.step).toBe(2);
});

test("one alone is no choice", () => {
  expect(bestOf([checkpoint(2, 0.1), checkpoint(1, null)])).toBeNull();
  expect(bestOf([])).toBeNull();
});
