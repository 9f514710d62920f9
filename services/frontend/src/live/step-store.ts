import type { NonFinitePoint, StepBatch } from "@/api/schema";

export type Kind = StepBatch["kind"];

/** The newest steps of one kind, in step order. `arrival[i]` counts all points that the run ever received, across kinds. */
export interface Tail {
  attempt: number;
  arrival: number[];
  step: number[];
  /** Unix seconds. */
  ts: number[];
  values: Map<string, (number | null)[]>;
  nonfinite: Map<string, NonFinitePoint[]>;
}

/** Past this many points of a kind a window should be fetched anew. */
export const REFETCH_POINTS = 4_000;
const KEPT_POINTS = 2 * REFETCH_POINTS;
const LIMIT_POINTS = 3 * REFETCH_POINTS;

/**
 * One run's steps as they arrive over the live socket, the newest of them.
 *
 * A step that comes twice in an attempt is taken once. A newer attempt that goes back cuts what lay from its first step on:
 * the newest attempt wins. Points of an attempt older than the newest are late and dropped.
 */
export class StepStore {
  private readonly tails = new Map<Kind, Tail>();
  /** The newest that was seen; 0 before any. */
  attempt = 0;
  /** How many points have arrived; a window fetched now holds all of them. */
  arrived = 0;
  /** Moves with every change. */
  version = 0;

  get(kind: Kind): Tail | undefined {
    return this.tails.get(kind);
  }

  /** The steps that carry this metric. */
  tailOf(key: string): Tail | undefined {
    for (const tail of this.tails.values()) if (tail.values.has(key)) return tail;
    return this.tails.get(kindByName(key));
  }

  /** The last step of any kind and when it was, or undefined before the first. */
  head(): { step: number; ts: number } | undefined {
    let head: { step: number; ts: number } | undefined;
    for (const { step, ts } of this.tails.values()) {
      const last = step.at(-1);
      if (last === undefined) continue;
      head = { step: Math.max(last, head?.step ?? 0), ts: Math.max(ts.at(-1) ?? 0, head?.ts ?? 0) };
    }
    return head;
  }

  append(batch: StepBatch) {
    const first = batch.step[0];
    if (first === undefined || batch.attempt < this.attempt) return;
    if (batch.attempt > this.attempt) {
      this.attempt = batch.attempt;
      // An eval at step n, or the system's figures, come after step n: only what lies beyond is written again.
      for (const tail of this.tails.values()) cut(tail, batch.kind === "step" ? first : first + 1);
    }
    const tail = this.tails.get(batch.kind) ?? this.empty(batch.kind);
    if (tail.attempt !== batch.attempt) {
      tail.attempt = batch.attempt;
      cut(tail, first);
    }
    const newest = tail.step.at(-1) ?? -1;
    const from = batch.step.findIndex((step) => step > newest);
    if (from < 0) return;
    this.extend(tail, batch, from);
    if (tail.step.length > LIMIT_POINTS) drop(tail, tail.step.length - KEPT_POINTS);
    this.version++;
  }

  /** Points of the fullest kind that a window with this mark lacks. */
  since(mark: number): number {
    let most = 0;
    for (const tail of this.tails.values()) most = Math.max(most, tail.arrival.length - firstSince(tail, mark));
    return most;
  }

  private extend(tail: Tail, batch: StepBatch, from: number) {
    const held = tail.step.length;
    for (let i = from; i < batch.step.length; i++) {
      tail.step.push(batch.step[i] as number);
      tail.ts.push(batch.ts[i] as number);
      tail.arrival.push(this.arrived++);
    }
    for (const [key, column] of Object.entries(batch.values)) {
      const target = tail.values.get(key) ?? filled(tail.values, key, held);
      for (let i = from; i < batch.step.length; i++) target.push(column[i] ?? null);
    }
    for (const column of tail.values.values()) while (column.length < tail.step.length) column.push(null);
    const since = batch.step[from] as number;
    for (const [key, points] of Object.entries(batch.nonfinite)) {
      const kept = points.filter((point) => point.step >= since);
      if (kept.length > 0) tail.nonfinite.set(key, [...(tail.nonfinite.get(key) ?? []), ...kept]);
    }
  }

  private empty(kind: Kind): Tail {
    const tail: Tail = { attempt: 0, arrival: [], step: [], ts: [], values: new Map(), nonfinite: new Map() };
    this.tails.set(kind, tail);
    return tail;
  }
}

/** The index of the first point that arrived from `mark` on; the length where none did. */
export function firstSince({ arrival }: Tail, mark: number): number {
  let low = 0;
  let high = arrival.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((arrival[middle] as number) < mark) low = middle + 1;
    else high = middle;
  }
  return low;
}

function kindByName(key: string): Kind {
  if (key.startsWith("eval/")) return "eval";
  return key.startsWith("system/") ? "system" : "step";
}

function filled(values: Tail["values"], key: string, length: number): (number | null)[] {
  const column = new Array<number | null>(length).fill(null);
  values.set(key, column);
  return column;
}

/** Take away the points from `step` on. */
function cut(tail: Tail, step: number) {
  const at = tail.step.findIndex((held) => held >= step);
  if (at >= 0) for (const column of columns(tail)) column.length = at;
  keepMarks(tail, (point) => point.step < step);
}

/** Take away the `count` oldest points. */
function drop(tail: Tail, count: number) {
  for (const column of columns(tail)) column.splice(0, count);
  const first = tail.step[0] ?? Number.POSITIVE_INFINITY;
  keepMarks(tail, (point) => point.step >= first);
}

function keepMarks(tail: Tail, kept: (point: NonFinitePoint) => boolean) {
  for (const [key, points] of tail.nonfinite) tail.nonfinite.set(key, points.filter(kept));
}

const columns = (tail: Tail): unknown[][] => [tail.arrival, tail.step, tail.ts, ...tail.values.values()];
