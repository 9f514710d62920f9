import { type Curve, firstAtOrAfter } from "./curve";
import type { Range } from "./range";

/** A curve in a chart: whose it is and how it looks. */
export interface Line {
  /** Of the line: the run's, and the attempt's where it is superseded. */
  id: string;
  runId: string;
  name: string;
  /** A CSS custom property, such as `--run-1`. */
  colour: string;
  curve: Curve;
  /** As long as the curve; its own means where nothing is smoothed. */
  smoothed: readonly number[];
  /** What an attempt wrote and a newer one has written again: drawn faint and dashed, without extremes. */
  superseded: boolean;
}

/** Which points of the curve are to be drawn: those in the range and one more at each side. */
export function visible({ x, bucket }: Pick<Curve, "x" | "bucket">, [min, max]: Range): [begin: number, end: number] {
  const begin = firstAtOrAfter(x, min - (bucket ?? 0));
  const end = firstAtOrAfter(x, max);
  return [Math.max(0, begin - 1), Math.min(x.length, end + 1)];
}

/** The lowest and the highest value in the range, extremes and all; null where there are none. */
export function yExtent(lines: readonly Line[], range: Range, log: boolean): Range | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { curve, superseded } of lines) {
    const [begin, end] = visible(curve, range);
    const lows = superseded ? curve.mean : curve.low;
    const highs = superseded ? curve.mean : curve.high;
    for (let i = begin; i < end; i++) {
      const x = curve.x[i] as number;
      if (x + (curve.bucket ?? 0) < range[0] || x > range[1]) continue;
      const bottom = lows[i] as number;
      const top = highs[i] as number;
      if (log ? bottom > 0 && bottom < low : bottom < low) low = bottom;
      if (top > high) high = top;
      if (log && bottom <= 0 && top > 0 && top < low) low = top;
    }
  }
  return low <= high ? [low, high] : null;
}

/** How far beyond the middle half, in its own size, a value is none of the bulk: Tukey's fences. */
const FENCE = 1.5;

/** As `yExtent`, of the bulk of the values: without spikes, and without a beginning far above all the rest. */
export function bulkExtent(lines: readonly Line[], range: Range, log: boolean): Range | null {
  const lows: number[] = [];
  const highs: number[] = [];
  for (const { curve, superseded } of lines) {
    const [begin, end] = superseded ? [0, 0] : visible(curve, range);
    for (let i = begin; i < end; i++) {
      if (log && (curve.low[i] as number) <= 0) continue;
      lows.push(curve.low[i] as number);
      highs.push(curve.high[i] as number);
    }
  }
  const [bottom, top] = [quantile(lows, 0.25), quantile(highs, 0.75)];
  if (bottom === undefined || top === undefined) return yExtent(lines, range, log);
  const reach = FENCE * (top - bottom);
  const low = lows.find((value) => value >= bottom - reach) ?? bottom;
  const high = highs.findLast((value) => value <= top + reach) ?? top;
  return [low, high];
}

/** Sorts the values in place. */
function quantile(values: number[], share: number): number | undefined {
  values.sort((a, b) => a - b);
  return values[Math.floor(share * (values.length - 1))];
}

/** Whether a log axis can show all of it. */
export const isPositive = (lines: readonly Line[]) =>
  lines.every(({ curve }) => curve.low.every((value) => value > 0)) && lines.some(({ curve }) => curve.x.length > 0);
