import { expect, test } from "vitest";
import schema from "@/api/run-config.schema.json";
import { ALL_FIELDS, MAIN_FIELDS, SET_ELSEWHERE } from "./fields";

test("the form has every setting of the trainer, and none that it lacks", () => {
  const keys = [...ALL_FIELDS.map(({ key }) => key), ...SET_ELSEWHERE];
  expect(keys.sort()).toEqual(Object.keys(schema.properties).sort());
});

test("each setting is shown as what it takes", () => {
  const kinds = Object.fromEntries(ALL_FIELDS.map(({ key, kind }) => [key, kind]));
  expect(kinds).toMatchObject({
    width: "int",
    max_steps: "int",
    learning_rate: "float",
    lora_checkpoint: "text",
    buckets: "lines",
    float8_base: "bool",
    use_gradient_checkpointing: "choice",
  });
});

test("defaults are shown as a person would type them", () => {
  const shown = Object.fromEntries(ALL_FIELDS.map(({ key, fallback }) => [key, fallback]));
  expect(shown).toMatchObject({ width: "832", learning_rate: "1e-4", max_steps: "", float8_base: false, seed: "0" });
});

test("what most people set comes first", () => {
  expect(MAIN_FIELDS.map(({ key }) => key).slice(0, 3)).toEqual(["width", "height", "num_frames"]);
});
