import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ALL_FIELDS, SET_ELSEWHERE } from "./fields";

/** The fields and defaults that the trainer's own config class declares. */
function declared(): Map<string, string> {
  const source = readFileSync(join(import.meta.dirname, "../../../../../trainer/contract/config.py"), "utf8");
  const body = source.split("class RunConfig(BaseModel):")[1]?.split("@field_validator")[0] ?? "";
  const lines = body.matchAll(/^ {4}([a-z0-9_]+): .*?(?: = (.*))?$/gm);
  return new Map([...lines].map(([, key = "", fallback = ""]) => [key, fallback]));
}

test("the form has every setting of the trainer, and none that it lacks", () => {
  const keys = [...ALL_FIELDS.map(({ key }) => key), ...SET_ELSEWHERE];
  expect(keys.sort()).toEqual([...declared().keys()].sort());
});

test("the defaults that the form shows are the trainer's", () => {
  const trainers = declared();
  for (const { key, fallback } of ALL_FIELDS) {
    const text = trainers.get(key)?.replaceAll('"', "");
    const shown = typeof fallback === "boolean" ? (fallback ? "True" : "False") : fallback;
    const same = Number.isNaN(Number(shown)) || shown === "" ? shown === text : Number(shown) === Number(text);
    expect([key, same || (shown === "" && text === "None")]).toEqual([key, true]);
  }
});
