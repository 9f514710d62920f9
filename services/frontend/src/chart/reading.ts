import type { NonFiniteMark } from "@/api/schema";
import { t } from "@/messages";
import { type Curve, indexAt } from "./curve";
import type { Line } from "./line";

/** What a line says at one place. */
export interface Reading {
  x: number;
  /** Null where the one value at this place is not finite. */
  values: { mean: number; smoothed: number; low: number; high: number } | null;
  nonfinite: readonly NonFiniteMark[];
}

/** What the line says at this place; null without values. */
export function read({ curve, smoothed }: Line, at: number): Reading | null {
  const i = indexAt(curve, at);
  const x = curve.x[i];
  if (x === undefined) return null;
  const nonfinite = marksAt(curve, at, x);
  if (curve.bucket === null && nonfinite[0]) return { x: nonfinite[0].x, values: null, nonfinite };
  const values = { mean: curve.mean[i], smoothed: smoothed[i], low: curve.low[i], high: curve.high[i] };
  return { x, values: values as Reading["values"], nonfinite };
}

/** The marks in the bucket, or the one that lies nearer than this raw point. */
function marksAt({ nonfinite, bucket }: Curve, at: number, x: number): NonFiniteMark[] {
  if (nonfinite.length === 0) return [];
  if (bucket !== null) {
    const begin = Math.floor(at / bucket) * bucket;
    return nonfinite.filter((mark) => mark.x >= begin && mark.x < begin + bucket);
  }
  const nearest = nonfinite.reduce((a, b) => (Math.abs(b.x - at) < Math.abs(a.x - at) ? b : a));
  return Math.abs(nearest.x - at) < Math.abs(x - at) ? [nearest] : [];
}

const KIND: Record<NonFiniteMark["what"], string> = { nan: "NaN", inf: "+Inf", "-inf": "−Inf" };

export const kindText = (what: NonFiniteMark["what"]) => KIND[what];

/** All that is not finite by kind, with the first step of each: "NaN ×3 from step 120". */
export function nonFiniteText(marks: readonly NonFiniteMark[]): string[] {
  const kinds = new Map<NonFiniteMark["what"], { count: number; step: number }>();
  for (const { what, count, step } of marks) {
    const held = kinds.get(what);
    kinds.set(what, { count: count + (held?.count ?? 0), step: Math.min(step, held?.step ?? step) });
  }
  return [...kinds].map(([what, { count, step }]) => {
    const kind = KIND[what];
    return count === 1 ? t("chart.nonFinite", { kind, step }) : t("chart.nonFiniteFrom", { kind, count, step });
  });
}

/** Whether the line has anything to say at this place. */
export const covers = ({ curve }: Line, at: number) =>
  at >= (curve.x[0] ?? Number.POSITIVE_INFINITY) && at <= curve.lastX;

/** The value at this place in words: "0.1032", "NaN", "0.1032 NaN ×3". */
export function valueText({ values, nonfinite }: Reading, format: (value: number) => string): string {
  const others = nonfinite.map(({ what, count }) => (count > 1 ? `${KIND[what]} ×${count}` : KIND[what]));
  return [...(values ? [format(values.mean)] : []), ...others].join(" ");
}

/** The place of the point before (-1) or after (1) the one at `at`, over all lines; `at` where there is none. */
export function neighbour(lines: readonly Line[], at: number, direction: -1 | 1): number {
  const places = lines.flatMap(({ curve }) => {
    if (curve.x.length === 0) return [];
    const i = indexAt(curve, at);
    const held = curve.x[i] as number;
    const next = (held - at) * direction > 0 ? held : curve.x[i + direction];
    return next === undefined ? [] : [next];
  });
  if (places.length === 0) return at;
  return direction > 0 ? Math.min(...places) : Math.max(...places);
}
