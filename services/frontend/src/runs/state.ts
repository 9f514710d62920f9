import type { RunRead, RunState } from "@/api/schema";
import { hasKey, messages, t } from "@/messages";

export const ACTIVE: readonly RunState[] = ["queued", "preparing", "running", "stopping"];

export const isActive = (state: RunState) => ACTIVE.includes(state);

const BAR: Partial<Record<RunState, string>> = {
  succeeded: "bg-succeeded",
  failed: "bg-failed",
  lost: "bg-lost",
  stopped: "bg-stopped",
  stopping: "bg-stopping",
};

/** The class of a progress bar in this state. */
export const barColour = (state: RunState) => BAR[state] ?? "bg-accent";

/** Whether the run is at something besides the loop that has a progress of its own, such as caching. */
export const hasOwnProgress = ({ state, phase }: Pick<RunRead, "state" | "phase">) =>
  isActive(state) && phase !== null && !isLoopPhase(phase.phase) && (phase.total ?? 0) > 0;

export type Action = "stop" | "resume" | "delete";

export interface ActionButton {
  action: Action;
  label: string;
  enabled: boolean;
  /** What is wanted already happens. */
  busy: boolean;
}

/** The buttons of a run in this state, in their order. What the API would refuse is not offered. */
export function actionsOf(run: Pick<RunRead, "state" | "attempt">): ActionButton[] {
  const button = (action: Action, label: string, busy = false) => ({ action, label, enabled: !busy, busy });
  switch (run.state) {
    case "queued":
      return [button("stop", t("common.stop")), button("delete", t("common.delete"))];
    case "preparing":
    case "running":
      return [button("stop", t("common.stop"))];
    case "stopping":
      return [button("stop", t("common.stop"), true)];
    case "succeeded":
      return [button("delete", t("common.delete"))];
    case "stopped":
    case "failed":
    case "lost":
      return [
        button("resume", run.attempt === 0 ? t("runs.start") : t("runs.resume")),
        button("delete", t("common.delete")),
      ];
  }
}

/** What the process does, as a sentence's beginning. */
export function phaseText(phase: string): string {
  if (hasKey(messages.runs.phases, phase)) return t(`runs.phases.${phase}`);
  return phase.charAt(0).toUpperCase() + phase.slice(1).replaceAll("_", " ");
}

/** Whether the phase is of the loop, whose progress the run's own bar tells. */
export const isLoopPhase = (phase: string) =>
  ["train", "forward", "backward", "collective", "optimizer"].includes(phase);
