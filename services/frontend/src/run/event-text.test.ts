import { expect, test } from "vitest";
import type { EventRead } from "@/api/schema";
import { tell } from "./event-text";

const event = (type: string, body: Record<string, unknown>, rank = 0): EventRead => ({
  id: 1,
  run_id: "a",
  attempt: 2,
  rank,
  type,
  ts: 0,
  body,
});

test("a start names its attempt and versions", () => {
  expect(tell(event("header", { versions: { torch: "2.14", diffsynth: "2.1.12" } }))).toEqual({
    title: "Trainer started (attempt 2)",
    text: "torch 2.14, diffsynth 2.1.12",
    tone: "plain",
  });
});

test("a warning is its code in words and its message", () => {
  expect(tell(event("warning", { code: "clip_skipped", message: "Mend it." }))).toEqual({
    title: "Clip skipped",
    text: "Mend it.",
    tone: "warning",
  });
});

test("an end is told by its reason; the shim's says only that all is over", () => {
  expect(tell(event("end", { reason: "failed", message: "Out of memory." }))).toMatchObject({
    title: "Failed (attempt 2)",
    tone: "bad",
  });
  expect(tell(event("end", { reason: "failed" }, -1)).tone).toBe("plain");
});
