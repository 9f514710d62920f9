import { expect, test } from "vitest";
import { addRun, compareHref, removeRun, runsInSlots } from "./compared-runs";

test("a removed run leaves the others their slots, and the next one takes the free slot", () => {
  const left = removeRun(["a", "b", "c"], "b");
  expect(runsInSlots(left)).toEqual([
    { id: "a", slot: 0 },
    { id: "c", slot: 2 },
  ]);
  expect(addRun(left, "d")).toEqual(["a", "d", "c"]);
  expect(addRun(left, "c")).toBe(left);
});

test("free slots at the end are forgotten", () => {
  expect(removeRun(removeRun(["a", "b", "c"], "b"), "c")).toEqual(["a"]);
  expect(removeRun(["a"], "a")).toEqual([]);
});

test("a run that is named twice is compared once, and not more than have colours", () => {
  expect(runsInSlots(["a", "a"])).toHaveLength(1);
  expect(runsInSlots(Array.from({ length: 14 }, (_, i) => `${i}`))).toHaveLength(10);
});

test("a link names each run", () => {
  expect(compareHref(["a", "b c"])).toBe("/compare/?run=a&run=b+c");
});
