import type { Range } from "./range";

/** From where to where the data of all charts of a page reach: together they have one x axis. */
export class Extent {
  private range: Range | null = null;
  private readonly subscribers = new Set<() => void>();

  readonly get = () => this.range;

  readonly subscribe = (subscriber: () => void) => {
    this.subscribers.add(subscriber);
    return () => void this.subscribers.delete(subscriber);
  };

  /** A chart has seen data there; an end that it does not know is null. */
  include(low: number | null, head: number | null) {
    const [heldLow, heldHead] = this.range ?? [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const next: Range = [Math.min(heldLow, low ?? heldLow), Math.max(heldHead, head ?? heldHead)];
    if (next[0] === heldLow && next[1] === heldHead) return;
    this.range = next;
    for (const tell of this.subscribers) tell();
  }
}
