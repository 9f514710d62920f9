import { expect, test } from "vitest";
import { isBlind } from "./rule-blind";

const SCANNED = { tokenizer: null, rows: 8, unscanned: 0, outdated: 0 };

test("what an earlier scan did not tell is not judged, which is not nothing found", () => {
  const rule = { id: "interlaced", flagged: 0 } as const;
  expect(isBlind(rule, SCANNED)).toBe(false);
  expect(isBlind(rule, { ...SCANNED, outdated: 8 })).toBe(true);
  expect(isBlind(rule, { ...SCANNED, outdated: 6, unscanned: 2 })).toBe(true);
  expect(isBlind(rule, { ...SCANNED, outdated: 7 })).toBe(false);
  expect(isBlind({ ...rule, flagged: 1 }, { ...SCANNED, outdated: 8 })).toBe(false);
  expect(isBlind({ id: "dark", flagged: 0 }, { ...SCANNED, outdated: 8 })).toBe(false);
});

test("captions are not judged by another model's tokens", () => {
  const tokenizer = { model: "wan2.2-ti2v-5b", folder: "", is_own: false, message: "" } as const;
  expect(isBlind({ id: "caption_long", flagged: 0 }, { ...SCANNED, tokenizer })).toBe(true);
  expect(isBlind({ id: "caption_long", flagged: 0 }, SCANNED)).toBe(false);
});
