import { createTranslator } from "use-intl/core";
import { expect, test } from "vitest";
import { hasKey, messages, t } from ".";

/** The keys of all texts below a table. */
const keysBelow = (table: object, before = ""): string[] =>
  Object.entries(table).flatMap(([key, value]) =>
    typeof value === "string" ? [before + key] : keysBelow(value, `${before}${key}.`),
  );

test("every text is well-formed", () => {
  const faults: string[] = [];
  const read = createTranslator({
    locale: "en",
    messages,
    onError: ({ code, message }) => {
      // Texts with values lack them here.
      if (code !== "FORMATTING_ERROR") faults.push(message);
    },
  }) as (key: string) => string;
  for (const key of keysBelow(messages)) read(key);
  expect(faults).toEqual([]);
});

test("amounts are written as the language writes them", () => {
  const rows = [1, 2, 1_200].map((amount) => t("datasets.rows", { rows: amount }));
  expect(rows).toEqual(["1 row", "2 rows", "1,200 rows"]);
});

test("a code that is newer than the catalogue is told from those it knows", () => {
  expect(["cache", "merge_shards", "toString"].map((phase) => hasKey(messages.runs.phases, phase))).toEqual([
    true,
    false,
    false,
  ]);
});

test("a wrong key or value is an error of the type checker", () => {
  // @ts-expect-error: there is no such key
  const wrongKey = () => t("runs.titel");
  // @ts-expect-error: the amount is a number
  const wrongValue = () => t("datasets.rows", { rows: "two" });
  // @ts-expect-error: the value is missing
  const noValue = () => t("datasets.rows");
  expect([wrongKey, wrongValue, noValue]).toHaveLength(3);
});
