import { expect, test } from "vitest";
import type { ScanRead } from "@/api/schema";
import { scanText } from "./scan-text";

const scan = (more: Partial<ScanRead>): ScanRead => ({
  state: "none",
  task_id: null,
  phase: "",
  done: 0,
  total: null,
  left_s: null,
  code: "",
  message: "",
  hint: "",
  ...more,
});
const said = (more: Partial<ScanRead>, unscanned = 10, rows = 10) => scanText({ scan: scan(more), unscanned, rows });

test("a scan says how far it is and how long it takes", () => {
  expect(said({ state: "running", phase: "headers", done: 1_500, total: 170_180, left_s: 75 })).toBe(
    "opening files · 1,500 / 170,180 · 1 min 15 s left",
  );
  expect(said({ state: "running", done: 3 })).toBe("scanning · 3");
  expect(said({ state: "running", phase: "tokenizer" })).toBe("looking for the tokenizer");
});

test("what is not scanned is said", () => {
  expect(said({})).toBe("not scanned yet");
  expect(said({ state: "succeeded" }, 0)).toBe("scanned");
  expect(said({ state: "stopped" }, 4)).toBe("4 not scanned yet");
  expect(said({ state: "failed", message: "The disk is full." })).toBe("The disk is full.");
  expect(said({ state: "queued" })).toBe("waits for an agent to scan it");
});
