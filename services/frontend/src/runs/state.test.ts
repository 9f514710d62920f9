import { expect, test } from "vitest";
import type { RunState } from "@/api/schema";
import { actionsOf, isLoopPhase, phaseText } from "./state";

const labels = (state: RunState, attempt = 1) => actionsOf({ state, attempt }).map((button) => button.label);

test("each state offers exactly what the API would do", () => {
  expect(labels("queued", 0)).toEqual(["Stop", "Delete"]);
  expect(labels("preparing")).toEqual(["Stop"]);
  expect(labels("running")).toEqual(["Stop"]);
  expect(labels("succeeded")).toEqual(["Delete"]);
  expect(labels("stopped")).toEqual(["Resume", "Delete"]);
  expect(labels("failed")).toEqual(["Resume", "Delete"]);
  expect(labels("lost")).toEqual(["Resume", "Delete"]);
});

test("stopping takes no second stop, and says that it is at it", () => {
  expect(actionsOf({ state: "stopping", attempt: 1 })).toEqual([
    { action: "stop", label: "Stop", enabled: false, busy: true },
  ]);
});

test("a run that never began is started, not resumed", () => {
  expect(labels("stopped", 0)).toEqual(["Start", "Delete"]);
});

test("phases have words, unknown ones too", () => {
  expect(phaseText("cache")).toBe("Caching latents");
  expect(phaseText("merge_shards")).toBe("Merge shards");
  expect([isLoopPhase("backward"), isLoopPhase("save")]).toEqual([true, false]);
});
