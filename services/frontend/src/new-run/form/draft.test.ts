import { expect, test } from "vitest";
import { configOf, draftOf, extrasOf } from "./draft";

const PRESET = {
  name: "tiny",
  model: "tiny-wan",
  height: 96,
  learning_rate: 0.001,
  extra_inputs: "input_image",
  use_gradient_checkpointing: false,
  sample_prompts: ["a bear", "a car"],
};

test("a preset goes through the form unchanged", () => {
  const { name: _, model: __, ...settings } = PRESET;
  expect(configOf(draftOf(PRESET))).toMatchObject(settings);
});

test("what is left empty is left to the trainer", () => {
  const config = configOf({ ...draftOf(PRESET), height: " " });
  expect(config).not.toHaveProperty("height");
  expect(config).not.toHaveProperty("max_steps");
});

test("numbers are numbers, and what is none is sent as typed", () => {
  const config = configOf({ ...draftOf(PRESET), learning_rate: "1e-4", height: "wide" });
  expect(config).toMatchObject({ learning_rate: 1e-4, height: "wide" });
});

test("keys that the form does not know are kept for the server to judge", () => {
  expect(extrasOf({ ...PRESET, lora_rnak: 8 }, ["name", "model"])).toEqual({ lora_rnak: 8 });
});
