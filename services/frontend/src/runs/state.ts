import type { RunRead, RunState } from "@/api/schema";

export const ACTIVE: readonly RunState[] = ["queued", "preparing", "running", "stopping"];

export const isActive = (state: RunState) => ACTIVE.includes(state);

/** What each state means, for who hovers over it. */
export const MEANING: Record<RunState, string> = {
  queued: "Waits for an agent to start it",
  preparing: "Loads the model and caches latents; no step yet",
  running: "Trains",
  stopping: "Finishes its step, saves and leaves",
  succeeded: "Trained to its last step",
  stopped: "Stopped on request; can be resumed",
  failed: "Ended by an error; can be resumed",
  lost: "Ended without a word; can be resumed",
};

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
      return [button("stop", "Stop"), button("delete", "Delete")];
    case "preparing":
    case "running":
      return [button("stop", "Stop")];
    case "stopping":
      return [button("stop", "Stop", true)];
    case "succeeded":
      return [button("delete", "Delete")];
    case "stopped":
    case "failed":
    case "lost":
      return [button("resume", run.attempt === 0 ? "Start" : "Resume"), button("delete", "Delete")];
  }
}

/** What the process does, as a sentence's beginning. */
export function phaseText(phase: string): string {
  return PHASES[phase] ?? phase.charAt(0).toUpperCase() + phase.slice(1).replaceAll("_", " ");
}

const PHASES: Record<string, string> = {
  launch: "Starting the processes",
  headers: "Looking at the clips",
  plan: "Planning the steps",
  load: "Loading the model",
  cache: "Caching latents",
  decode: "Reading clips",
  vae: "Encoding clips",
  text: "Encoding captions",
  train: "Training",
  forward: "Training: forward",
  backward: "Training: backward",
  collective: "Training: waiting for the other ranks",
  optimizer: "Training: optimizer",
  save: "Saving a checkpoint",
  eval: "Evaluating",
  sample: "Drawing sample videos",
};

/** Whether the phase is of the loop, whose progress the run's own bar tells. */
export const isLoopPhase = (phase: string) =>
  ["train", "forward", "backward", "collective", "optimizer"].includes(phase);
