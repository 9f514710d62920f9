import { expect, test } from "vitest";
import { besideOf, filterMetrics, groupMetrics, isNoisy } from "./metric-groups";

test("further metrics are grouped by what stands before the slash", () => {
  const keys = ["train/loss", "system/gpu.0.memory_gb", "system/cpu.rss_gb", "train/lr", "train/tokens", "odd"];
  expect(groupMetrics(keys)).toEqual([
    ["other", ["odd"]],
    ["system", ["system/cpu.rss_gb", "system/gpu.0.memory_gb"]],
    ["train", ["train/tokens"]],
  ]);
});

test("only noisy metrics are smoothed", () => {
  expect(["train/loss", "perf/step_time_s", "train/lr", "eval/loss"].map(isNoisy)).toEqual([true, true, false, false]);
});

test("a filter takes words in any order and case", () => {
  const keys = ["train/loss", "eval/loss", "train/lr"];
  expect(filterMetrics(keys, "Loss train")).toEqual(["train/loss"]);
  expect(filterMetrics(keys, "")).toEqual(keys);
});

test("the error on clips trained on stands beside that on held-out ones, where both are logged", () => {
  expect(besideOf("eval/loss", ["eval/loss", "eval/train_loss"])).toBe("eval/train_loss");
  expect(besideOf("eval/loss", ["eval/loss"])).toBeUndefined();
  expect(besideOf("train/loss", ["eval/train_loss"])).toBeUndefined();
});
