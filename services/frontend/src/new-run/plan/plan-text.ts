import type { PlanLeftOut, PlanRange, PlanRead, TaskRead } from "@/api/schema";
import { hasKey, LOCALE, messages, t } from "@/messages";
import { bytes, number } from "@/ui/format";

/** Seconds in a unit, its name, and from how many seconds on it is used. */
const UNITS = [
  [86_400, "days", 3 * 86_400],
  [3_600, "hours", 2 * 3_600],
  [60, "minutes", 120],
  [1, "seconds", 0],
] as const;
const SECONDS = UNITS[3];

const round = (value: number) => (value >= 10 ? Math.round(value).toLocaleString("en") : number(value, 2));

/** A range of seconds as people say it: 246 days, 3 to 5 hours. */
export function timeText({ low, high }: PlanRange): string {
  const [size, name] = UNITS.find(([, , least]) => high >= least) ?? SECONDS;
  if (0 < low && low < size && size > 1) return range(timeText({ low, high: low }), timeText({ low: high, high }));
  const [first, last] = [round(low / size), round(high / size)];
  return t(`newRun.plan.time.${name}`, {
    amount: first === last ? last : range(first, last),
    which: last === "1" && first === last ? "one" : "other",
  });
}

const range = (first: string, last: string) => t("format.range", { first, last });

export function bytesText({ low, high }: PlanRange): string {
  const [first, last] = [bytes(low), bytes(high)];
  if (first === last) return last;
  const [amount, unit] = first.split(" ");
  return range(last.endsWith(` ${unit}`) ? (amount ?? first) : first, last);
}

/** What a step takes: 5 s, 0.26 to 0.31 s. */
export function stepText({ low, high }: PlanRange): string {
  const [first, last] = [number(low, 2), number(high, 2)];
  return t("format.duration.s", { amount: low === high ? number(low, 3) : first === last ? last : range(first, last) });
}

/** An amount of money, whose unit is whatever the price was in. */
export function costText({ low, high }: PlanRange): string {
  const money = (value: number) => value.toLocaleString(LOCALE, { maximumFractionDigits: value < 100 ? 2 : 0 });
  const [first, last] = [money(low), money(high)];
  return first === last ? last : range(first, last);
}

/** The plan in one line. */
export function planLine(plan: PlanRead): string {
  const steps = stepsText(plan);
  return plan.total ? `${steps}, ${timeText(plan.total)}` : steps;
}

/** How many steps the run has. */
export const stepsText = ({ is_exact, total_steps: steps }: PlanRead) =>
  is_exact ? t("newRun.plan.steps", { steps }) : t("newRun.plan.aboutSteps", { steps });

/** What an epoch is made of. */
export function epochText({ steps_per_epoch: steps, ranks, samples: { videos, images, held_out } }: PlanRead): string {
  const parts = [videos > 0 && t("newRun.plan.videos", { videos }), images > 0 && t("newRun.plan.images", { images })];
  const clips = parts.filter(Boolean).join(t("newRun.plan.and"));
  const epoch =
    ranks > 1 ? t("newRun.plan.epochOfRanks", { steps, ranks, clips }) : t("newRun.plan.epoch", { steps, clips });
  return held_out > 0 ? t("newRun.plan.epochHeldOut", { epoch, clips: held_out }) : epoch;
}

/** How many rows a run leaves out, and why. */
export function leftOutText(parts: readonly PlanLeftOut[]): string {
  const total = parts.reduce((sum, { rows }) => sum + rows, 0);
  const [only] = parts;
  const reason = (why: PlanLeftOut["why"]) => t(`newRun.plan.leftOut.${why}`);
  const reasons =
    parts.length === 1 && only
      ? reason(only.why)
      : parts.map(({ why, rows }) => t("newRun.plan.rowsBecause", { rows, reason: reason(why) })).join(", ");
  return t("newRun.plan.rowsLeftOut", { rows: total, reasons });
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
  if (state === "queued") return t("newRun.plan.trial.queued");
  if (state === "failed") return `${message} ${hint}`.trim();
  if (state === "stopped") return t("newRun.plan.trial.stopped");
  const [phase, done, total] = [progress?.phase, progress?.done, progress?.total];
  if (typeof phase !== "string") return t("newRun.plan.trial.begins");
  const name = t(
    hasKey(messages.newRun.plan.trial.phases, phase)
      ? `newRun.plan.trial.phases.${phase}`
      : "newRun.plan.trial.phases.other",
  );
  if (typeof total !== "number" || total <= 0) return name;
  return t("newRun.plan.trial.progress", { phase: name, done: String(done ?? 0), total: String(total) });
}
