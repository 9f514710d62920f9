import { expect, test } from "vitest";
import type { RunListItem } from "@/api/schema";
import { aRun } from "@/testing/run.fixture";
import { changesDetail, mergeList } from "./merge";

const item = (id: string, more: Partial<RunListItem> = {}): RunListItem => ({
  ...aRun({ id }),
  sparkline: [],
  ...more,
});

test("known runs change in place, deleted ones go, new ones come by age", () => {
  const list = [item("b", { created_at: 2 }), item("a", { created_at: 1 })];
  const merged = mergeList(
    list,
    [aRun({ id: "a", created_at: 1, state: "failed" }), aRun({ id: "c", created_at: 3 })],
    ["b"],
  );
  expect(merged.map((run) => [run.id, run.state])).toEqual([
    ["c", "queued"],
    ["a", "failed"],
  ]);
});

test("a young sparkline grows with the newest loss, once a step", () => {
  const list = [item("a", { step: 1, sparkline: [0.5] })];
  const newer = aRun({ id: "a", step: 2, last: { "train/loss": 0.4 } });
  const once = mergeList(list, [newer], []);
  expect(once[0]?.sparkline).toEqual([0.5, 0.4]);
  expect(mergeList(once, [newer], [])[0]?.sparkline).toEqual([0.5, 0.4]);
});

test("the page is read anew when the state or the attempt moved, not for each step", () => {
  const held = { ...aRun({ state: "running", attempt: 1 }), config: {}, attempts: [], folder: "" };
  expect(changesDetail(held, aRun({ state: "running", attempt: 1, step: 9 }))).toBe(false);
  expect(changesDetail(held, aRun({ state: "stopped", attempt: 1 }))).toBe(true);
  expect(changesDetail(held, aRun({ state: "running", attempt: 2 }))).toBe(true);
});
