import type { PlanLeftOut, PlanRange, PlanRead, TaskRead } from "@/api/schema";
import { bytes, count, number, plural } from "@/ui/format";

/** Seconds in a unit, its name, and from how many seconds on it is used. */
const UNITS: readonly (readonly [size: number, name: string, least: number])[] = [
  [86_400, "day", 3 * 86_400],
  [3_600, "hour", 2 * 3_600],
  [60, "minute", 120],
  [1, "second", 0],
];

const round = (value: number) => (value >= 10 ? Math.round(value).toLocaleString("en") : number(value, 2));

/** A range of seconds as people say it: 246 days, 3 to 5 hours. */
export function timeText({ low, high }: PlanRange): string {
  const [size, name] = UNITS.find(([, , least]) => high >= least) ?? [1, "second"];
  if (0 < low && low < size && size > 1) return `${timeText({ low, high: low })} to ${timeText({ low: high, high })}`;
  const [first, last] = [round(low / size), round(high / size)];
  return `${first === last ? last : `${first} to ${last}`} ${name}${last === "1" && first === last ? "" : "s"}`;
}

export function bytesText({ low, high }: PlanRange): string {
  const [first, last] = [bytes(low), bytes(high)];
  if (first === last) return last;
  const [amount, unit] = first.split(" ");
  return last.endsWith(` ${unit}`) ? `${amount} to ${last}` : `${first} to ${last}`;
}

/** What a step takes: 5 s, 0.26 to 0.31 s. */
export function stepText({ low, high }: PlanRange): string {
  const [first, last] = [number(low, 2), number(high, 2)];
  return low === high ? `${number(low, 3)} s` : `${first === last ? last : `${first} to ${last}`} s`;
}

/** An amount of money, whose unit is whatever the price was in. */
export function costText({ low, high }: PlanRange): string {
  const [first, last] = [low, high].map((value) =>
    value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 2 : 0 }),
  );
  return first === last ? (last ?? "") : `${first} to ${last}`;
}

/** The plan in one line. */
export function planLine(plan: PlanRead): string {
  const steps = `${plan.is_exact ? "" : "about "}${plan.total_steps.toLocaleString("en")} steps`;
  return plan.total ? `${steps}, ${timeText(plan.total)}` : steps;
}

export const PART_NAMES: Record<PlanRead["parts"][number]["what"], string> = {
  steps: "Steps",
  cache: "Cache",
  evaluations: "Evaluations",
  samples: "Samples",
  checkpoints: "Checkpoints",
  logs: "Logs",
};

const LEFT_OUT: Record<PlanLeftOut["why"], string> = {
  quarantined: "in quarantine",
  no_file: "without a file in the folder",
  no_caption: "without a caption",
  split_unknown: "with an unknown split",
  damaged: "with a file that cannot be read",
  too_short: "too short",
};

/** How many rows a run leaves out, and why. */
export function leftOutText(parts: readonly PlanLeftOut[]): string {
  const total = parts.reduce((sum, { rows }) => sum + rows, 0);
  const [only] = parts;
  const rows = `${plural(total, "row")} left out`;
  if (parts.length === 1 && only) return `${rows}: ${LEFT_OUT[only.why]}`;
  return `${rows}: ${parts.map(({ why, rows }) => `${count(rows)} ${LEFT_OUT[why]}`).join(", ")}`;
}

/** A positive number as a person types it; null where it is none. */
export function positive(text: string): number | null {
  const value = Number(text.trim());
  return text.trim() !== "" && Number.isFinite(value) && value > 0 ? value : null;
}

/** The seconds a step that a trial found. */
export function triedSeconds(task: TaskRead | undefined): number | null {
  const found = task?.facts.find(({ type }) => type === "trial")?.seconds_per_step;
  return typeof found === "number" ? found : null;
}

/** How a trial stands, in words. */
export function trialText({ state, progress, message, hint }: TaskRead): string {
  if (state === "queued") return "It waits for the GPU host.";
  if (state === "failed") return `${message} ${hint}`.trim();
  if (state === "stopped") return "It was stopped.";
  const [phase, done, total] = [progress?.phase, progress?.done, progress?.total];
  if (typeof phase !== "string") return "It begins.";
  const name = { train: "Steps", cache: "Encoding clips", text: "Encoding captions" }[phase] ?? "Loading the model";
  return typeof total === "number" && total > 0 ? `${name}: ${done ?? 0} of ${total}` : name;
}
