/** Where all charts of a page point at. Moves at most once a frame of the screen. */
export class Crosshair {
  private x: number | null = null;
  private wanted: number | null = null;
  private frame = 0;
  private readonly subscribers = new Set<() => void>();

  readonly get = () => this.x;

  readonly subscribe = (subscriber: () => void) => {
    this.subscribers.add(subscriber);
    return () => void this.subscribers.delete(subscriber);
  };

  readonly set = (x: number | null) => {
    this.wanted = x;
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (this.x === this.wanted) return;
      this.x = this.wanted;
      for (const tell of this.subscribers) tell();
    });
  };
}
