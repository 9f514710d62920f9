/** Calls what can wait a frame or two in order, one a frame, so that many charts with news do not make one long task. */
export class FrameQueue {
  private readonly waiting = new Set<() => void>();
  private frame = 0;

  /** Call `act` once, when it is first in the queue. */
  readonly add = (act: () => void) => {
    this.waiting.add(act);
    this.schedule();
  };

  readonly remove = (act: () => void) => void this.waiting.delete(act);

  private schedule() {
    if (this.frame || this.waiting.size === 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      const [next] = this.waiting;
      if (!next) return;
      this.waiting.delete(next);
      this.schedule();
      next();
    });
  }
}
