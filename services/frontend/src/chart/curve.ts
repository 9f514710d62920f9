import type { NonFinitePoint, Series } from "@/api/schema";
import type { Tail } from "@/live/step-store";

/** One metric as it is drawn. Where a point stands for several steps `low` and `high` are their extremes, else the value itself. */
export interface Curve {
  /** Of each point, or the first step of each bucket; ascending. */
  step: number[];
  mean: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  nonfinite: NonFinitePoint[];
  bucketSteps: number;
  /** The last step that went into the curve. */
  lastStep: number;
}

export interface Grid {
  fromStep: number;
  /** Inclusive. */
  toStep: number;
  bucketSteps: number;
}

export const NO_CURVE: Curve = {
  step: [],
  mean: [],
  low: [],
  high: [],
  nonfinite: [],
  bucketSteps: 1,
  lastStep: 0,
};

/**
 * The window as the server gave it, then the live points that it lacks, in buckets of the same size: raw points after means
 * would draw a spike that is none.
 *
 * Live points win from the first of them on: they are newer than the window, and where an attempt went back they replace what
 * an older one wrote. `mark` is how many points had arrived when the window was asked for.
 */
export function joinCurve(
  key: string,
  series: Series | undefined,
  grid: Grid,
  tail: Tail | undefined,
  mark: number,
): Curve {
  const fresh = freshPoints(key, tail, mark);
  const cutAt = fresh.firstStep;
  const size = Math.max(1, grid.bucketSteps);
  const curve: Curve = { ...NO_CURVE, step: [], mean: [], low: [], high: [], nonfinite: [], bucketSteps: size };
  const counts: number[] = [];

  series?.step.forEach((step, i) => {
    if (step >= cutAt) return;
    const mean = series.mean[i] ?? null;
    curve.step.push(step);
    curve.mean.push(mean);
    curve.low.push(series.min?.[i] ?? mean);
    curve.high.push(series.max?.[i] ?? mean);
    counts.push(Math.max(1, Math.min(step + size, cutAt, grid.toStep + 1) - step));
    curve.lastStep = Math.max(curve.lastStep, Math.min(step + size - 1, cutAt - 1, grid.toStep));
  });
  for (let i = 0; i < fresh.step.length; i++) {
    const value = fresh.value[i] as number;
    const step = fresh.step[i] as number;
    const bucket = size === 1 ? step : grid.fromStep + Math.floor((step - grid.fromStep) / size) * size;
    add(curve, counts, bucket, value);
    curve.lastStep = step;
  }
  curve.nonfinite = [...(series?.nonfinite.filter((point) => point.step < cutAt) ?? []), ...fresh.nonfinite];
  return curve;
}

function freshPoints(key: string, tail: Tail | undefined, mark: number) {
  const from = tail ? tail.arrival.findIndex((arrival) => arrival >= mark) : -1;
  if (!tail || from < 0) {
    return { firstStep: Number.POSITIVE_INFINITY, step: [], value: [], nonfinite: [] };
  }
  const firstStep = tail.step[from] as number;
  const column = tail.values.get(key) ?? [];
  const step: number[] = [];
  const value: number[] = [];
  for (let i = from; i < tail.step.length; i++) {
    const held = column[i];
    if (held === null || held === undefined) continue;
    step.push(tail.step[i] as number);
    value.push(held);
  }
  return {
    firstStep,
    step,
    value,
    nonfinite: tail.nonfinite.get(key)?.filter((point) => point.step >= firstStep) ?? [],
  };
}

function add(curve: Curve, counts: number[], bucket: number, value: number) {
  const last = curve.step.length - 1;
  if (curve.step[last] !== bucket) {
    curve.step.push(bucket);
    curve.mean.push(value);
    curve.low.push(value);
    curve.high.push(value);
    counts.push(1);
    return;
  }
  const count = counts[last] ?? 1;
  const mean = curve.mean[last] ?? null;
  curve.mean[last] = mean === null ? value : (mean * count + value) / (count + 1);
  curve.low[last] = Math.min(curve.low[last] ?? value, value);
  curve.high[last] = Math.max(curve.high[last] ?? value, value);
  counts[last] = count + 1;
}
