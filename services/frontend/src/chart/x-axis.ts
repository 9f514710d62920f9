import type uPlot from "uplot";
import type { Axis } from "@/api/schema";
import { t } from "@/messages";
import { count, duration, number } from "@/ui/format";
import type { Curve } from "./curve";

export const axisLabel = (axis: Axis) => t(`chart.axis.${axis}`);

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SECONDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
const SPACING_S = [
  ...SECONDS,
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((n) => n * DAY),
];

const DATE = { day: "numeric", month: "short" } as const;
const TIME = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;

const at = (x: number, options: Intl.DateTimeFormatOptions) => new Date(x * 1_000).toLocaleString("en-GB", options);

/** How uPlot labels this axis. */
export function xTicks(axis: Axis): Pick<uPlot.Axis, "values" | "incrs" | "space"> {
  if (axis === "step") {
    return { space: 70, values: (_, ticks, _axis, _space, apart) => ticks.map((tick) => stepTick(tick, apart)) };
  }
  if (axis === "relative") return { space: 80, incrs: SPACING_S, values: (_, ticks) => ticks.map(elapsed) };
  return {
    space: 80,
    values: (_, ticks, _axis, _space, apart) =>
      ticks.map((tick, i) => {
        const before = ticks[i - 1];
        if (apart >= DAY || (before !== undefined && at(before, DATE) !== at(tick, DATE))) return at(tick, DATE);
        return at(tick, apart < MINUTE ? { ...TIME, second: "2-digit" } : TIME);
      }),
  };
}

/** In thousands or millions where that tells ticks so far apart from one another. */
export function stepTick(tick: number, apart: number): string {
  if (!Number.isInteger(tick)) return "";
  const [unit, most] = tick < 1e6 ? [1e3, 0] : [1e6, 2];
  const digits = [0, 1, 2].find((count) => Number.isInteger(Number(((apart / unit) * 10 ** count).toFixed(6))));
  const fits = tick > 99_999 && digits !== undefined && digits <= most;
  return tick.toLocaleString("en", fits ? { notation: "compact", maximumFractionDigits: digits } : {});
}

const elapsed = (seconds: number) =>
  Math.abs(seconds) < 10 && !Number.isInteger(seconds)
    ? t("format.duration.s", { amount: number(seconds, 3) })
    : duration(seconds);

/** A place on the axis in words: "step 1,204", "1 h 3 min", "12 Mar, 14:05:06". */
export function placeText(axis: Axis, x: number): string {
  return axis === "step" ? t("chart.step", { step: placeNumber(axis, x) }) : placeNumber(axis, x);
}

/** The same below a head that says which axis it is: "1,204". */
export function placeNumber(axis: Axis, x: number): string {
  if (axis === "step") return count(Math.round(x));
  return axis === "relative" ? elapsed(x) : at(x, { ...DATE, ...TIME, second: "2-digit" });
}

/** What a point of a curve stands for: its place, or where its bucket begins and ends. */
export function spanText(axis: Axis, curve: Pick<Curve, "bucket" | "lastX">, x: number): string {
  if (lastOf(axis, curve, x) === x) return placeText(axis, x);
  return t("chart.steps", { span: spanNumber(axis, curve, x) });
}

/** The same below a head that says which axis it is. */
export function spanNumber(axis: Axis, curve: Pick<Curve, "bucket" | "lastX">, x: number): string {
  const last = lastOf(axis, curve, x);
  return last === x ? placeNumber(axis, x) : `${count(x)}–${count(last)}`;
}

/** The last step of the bucket that begins at `x`; `x` itself where it is a single point. */
function lastOf(axis: Axis, { bucket, lastX }: Pick<Curve, "bucket" | "lastX">, x: number): number {
  return axis !== "step" || bucket === null ? x : Math.max(x, Math.min(x + bucket - 1, lastX));
}

/** Where a bucket's mean is drawn, counted from the bucket's begin. */
export const middle = (axis: Axis, bucket: number | null) =>
  bucket === null ? 0 : axis === "step" ? (bucket - 1) / 2 : bucket / 2;
