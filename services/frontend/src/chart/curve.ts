import type { NonFiniteMark, Series } from "@/api/schema";

/** One metric of one run as it is drawn. Raw points have themselves as `low` and `high`. */
export interface Curve {
  /** Of each point, or of each bucket's begin; ascending. */
  x: readonly number[];
  mean: readonly number[];
  low: readonly number[];
  high: readonly number[];
  /** Values in each bucket; null where the points are raw. */
  count: readonly number[] | null;
  /** A bucket's width on the axis; null where the points are raw. */
  bucket: number | null;
  /** Ascending by x. */
  nonfinite: readonly NonFiniteMark[];
  /** Where the newest value lies, or the end of the window that holds it; -Infinity without any. */
  lastX: number;
}

/** What arrived over the socket since the window was asked for. */
export interface LivePoints {
  /** Of the first step that arrived, whether or not it has this metric: what the window holds from there on is replaced. */
  firstX: number;
  x: number[];
  value: number[];
  nonfinite: NonFiniteMark[];
}

const NOWHERE = Number.NEGATIVE_INFINITY;

export const NO_POINTS: LivePoints = { firstX: Number.POSITIVE_INFINITY, x: [], value: [], nonfinite: [] };

/**
 * The window as the server gave it, then the live points behind it in buckets of the same width: raw points after means would
 * draw a spike that is none.
 *
 * Where both have the same steps the live points win, so an attempt that went back replaces what an older one wrote. Extremes
 * stay exact; the mean of the one bucket that was being filled while the window was read may count some values twice.
 */
export function joinCurve(series: Series | undefined, bucket: number | null, toX: number, live: LivePoints): Curve {
  const { x = [], mean = [], min, max, count } = series ?? {};
  const cut = firstAtOrAfter(x, live.firstX);
  const nonfinite = [...(series?.nonfinite ?? [])].sort((a, b) => a.x - b.x);
  if (cut === x.length && live.x.length === 0 && live.nonfinite.length === 0) {
    const lastX = lastOf(x, bucket, toX);
    return { x, mean, low: min ?? mean, high: max ?? mean, count: count ?? null, bucket, nonfinite, lastX };
  }

  const joined = { x: x.slice(0, cut), mean: mean.slice(0, cut) };
  const marks = nonfinite.filter((mark) => mark.x < live.firstX);
  if (bucket === null) {
    for (const at of live.x) joined.x.push(at);
    for (const value of live.value) joined.mean.push(value);
    marks.push(...live.nonfinite);
    const lastX = lastOf(joined.x, null, toX);
    return { ...joined, low: joined.mean, high: joined.mean, count: null, bucket, nonfinite: marks, lastX };
  }

  const buckets = { low: min?.slice(0, cut) ?? [], high: max?.slice(0, cut) ?? [], count: count?.slice(0, cut) ?? [] };
  const whole = { ...joined, ...buckets };
  live.x.forEach((at, i) => void add(whole, bucket, at, live.value[i] as number));
  for (const mark of live.nonfinite) addMark(marks, bucket, mark);
  const lastX = live.x.at(-1) ?? lastOf(whole.x, bucket, toX);
  return { ...whole, bucket, nonfinite: marks, lastX };
}

interface Buckets {
  x: number[];
  mean: number[];
  low: number[];
  high: number[];
  count: number[];
}

function add(to: Buckets, bucket: number, x: number, value: number) {
  const last = to.x.length - 1;
  const begin = to.x[last] ?? NOWHERE;
  if (x >= begin + bucket || last < 0) {
    to.x.push(Math.floor(x / bucket) * bucket);
    to.mean.push(value);
    to.low.push(value);
    to.high.push(value);
    to.count.push(1);
    return;
  }
  const count = to.count[last] ?? 1;
  to.mean[last] = ((to.mean[last] ?? 0) * count + value) / (count + 1);
  to.low[last] = Math.min(to.low[last] ?? value, value);
  to.high[last] = Math.max(to.high[last] ?? value, value);
  to.count[last] = count + 1;
}

function addMark(marks: NonFiniteMark[], bucket: number, mark: NonFiniteMark) {
  const end = (Math.floor(mark.x / bucket) + 1) * bucket;
  const at = marks.findLastIndex((held) => held.what === mark.what && held.x >= end - bucket && held.x < end);
  const held = marks[at];
  if (held) marks[at] = { ...held, count: held.count + mark.count };
  else marks.push(mark);
}

function lastOf(xs: readonly number[], bucket: number | null, toX: number): number {
  const last = xs.at(-1);
  if (last === undefined) return NOWHERE;
  return bucket === null ? last : Math.max(last, Math.min(last + bucket, toX));
}

/** The index of the first x that is not below `x`; the length where all are. */
export function firstAtOrAfter(xs: readonly number[], x: number): number {
  let low = 0;
  let high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((xs[middle] as number) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The point nearest to `x`, or the bucket that holds it; -1 in an empty curve. */
export function indexAt({ x: xs, bucket }: Pick<Curve, "x" | "bucket">, x: number): number {
  const after = firstAtOrAfter(xs, x);
  if (xs[after] === x || after === 0) return after < xs.length ? after : -1;
  if (after === xs.length || bucket !== null) return after - 1;
  return x - (xs[after - 1] as number) <= (xs[after] as number) - x ? after - 1 : after;
}
