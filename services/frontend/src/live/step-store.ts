import type { NonFinitePoint, StepBatch } from "@/api/schema";

export type Kind = StepBatch["kind"];

/** The newest steps of one kind, in step order. `arrival[i]` counts all points that the run ever received, across kinds. */
export interface Tail {
  attempt: number;
  arrival: number[];
  step: number[];
  values: Map<string, (number | null)[]>;
  nonfinite: Map<string, NonFinitePoint[]>;
}

/** Past this many points of a kind a window should be fetched anew, and `trim` called. */
export const REFETCH_POINTS = 4_000;
const LIMIT_POINTS = 3 * REFETCH_POINTS;

/**
 * One run's steps as they arrive over the live socket.
 *
 * A step that comes twice in an attempt is taken once. A newer attempt that goes back cuts what lay from its first step on:
 * the newest attempt wins. Points of an attempt older than the newest are late and dropped.
 */
export class StepStore {
  private readonly tails = new Map<Kind, Tail>();
  private attempt = 0;
  /** How many points have arrived; a window fetched now holds all of them. */
  arrived = 0;
  /** Moves with every change. */
  version = 0;

  get(kind: Kind): Tail | undefined {
    return this.tails.get(kind);
  }

  /** The kind that a metric was last seen in. */
  kindOf(key: string): Kind | undefined {
    for (const [kind, tail] of this.tails) if (tail.values.has(key)) return kind;
    return undefined;
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
    const fresh = batch.step.flatMap((step, i) => (step > (tail.step.at(-1) ?? -1) ? [i] : []));
    const held = tail.step.length;
    for (const i of fresh) {
      tail.step.push(batch.step[i] as number);
      tail.arrival.push(this.arrived++);
    }
    for (const [key, column] of Object.entries(batch.values)) {
      const target = tail.values.get(key) ?? filled(tail.values, key, held);
      for (const i of fresh) target.push(column[i] ?? null);
    }
    for (const column of tail.values.values()) while (column.length < tail.step.length) column.push(null);
    const since = fresh[0] === undefined ? Number.POSITIVE_INFINITY : (batch.step[fresh[0]] as number);
    for (const [key, points] of Object.entries(batch.nonfinite)) {
      const kept = points.filter((point) => point.step >= since);
      if (kept.length > 0) tail.nonfinite.set(key, [...(tail.nonfinite.get(key) ?? []), ...kept]);
    }
    if (tail.step.length > LIMIT_POINTS) drop(tail, tail.step.length - LIMIT_POINTS);
    this.version++;
  }

  /** Forget the points that a window with this mark holds. */
  trim(mark: number) {
    for (const tail of this.tails.values()) {
      const at = tail.arrival.findIndex((arrival) => arrival >= mark);
      drop(tail, at < 0 ? tail.step.length : at);
    }
  }

  /** Points of the fullest kind that a window with this mark lacks. */
  since(mark: number): number {
    let most = 0;
    for (const tail of this.tails.values()) {
      const at = tail.arrival.findIndex((arrival) => arrival >= mark);
      if (at >= 0) most = Math.max(most, tail.arrival.length - at);
    }
    return most;
  }

  private empty(kind: Kind): Tail {
    const tail: Tail = { attempt: 0, arrival: [], step: [], values: new Map(), nonfinite: new Map() };
    this.tails.set(kind, tail);
    return tail;
  }
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
  for (const [key, points] of tail.nonfinite) {
    tail.nonfinite.set(
      key,
      points.filter((point) => point.step < step),
    );
  }
}

/** Take away the `count` oldest points. */
function drop(tail: Tail, count: number) {
  if (count <= 0) return;
  for (const column of columns(tail)) column.splice(0, count);
  const first = tail.step[0] ?? Number.POSITIVE_INFINITY;
  for (const [key, points] of tail.nonfinite) {
    tail.nonfinite.set(
      key,
      points.filter((point) => point.step >= first),
    );
  }
}

const columns = (tail: Tail): unknown[][] => [tail.arrival, tail.step, ...tail.values.values()];
