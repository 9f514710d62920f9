/** A span of steps, inclusive. */
export type Range = readonly [min: number, max: number];

const ZOOM = 0.8;

/** The range scaled by `factor` about `centre` (0 to 1), then moved by `shift` of its width. */
export function reshape([min, max]: Range, factor: number, centre = 0.5, shift = 0): Range {
  const width = max - min;
  const at = min + width * centre;
  return [at - width * centre * factor + width * shift, at + width * (1 - centre) * factor + width * shift];
}

export const zoomIn = (range: Range, centre?: number) => reshape(range, ZOOM, centre);
export const zoomOut = (range: Range, centre?: number) => reshape(range, 1 / ZOOM, centre);

/** What a key does to the range that is shown; null asks for the whole run. */
export const KEYS: Record<string, (range: Range) => Range | null> = {
  ArrowLeft: (range) => reshape(range, 1, 0.5, -0.1),
  ArrowRight: (range) => reshape(range, 1, 0.5, 0.1),
  "+": (range) => zoomIn(range),
  "=": (range) => zoomIn(range),
  "-": (range) => zoomOut(range),
  0: () => null,
  Escape: () => null,
};

const MIN_WIDTH_STEPS = 4;

/**
 * A wished range as whole steps inside the run, or null where it is the run. `to` is null where the range reaches the run's
 * newest step, so that the view goes on following it.
 */
export function settle([min, max]: Range, head: number): { from: number | null; to: number | null } | null {
  const wide = Math.max(max - min, MIN_WIDTH_STEPS);
  const from = Math.max(0, Math.min(Math.round(min), head - MIN_WIDTH_STEPS));
  const to = Math.round(from + wide);
  const follows = Math.round(max) >= head || to >= head;
  if (from <= 1 && follows) return null;
  return { from: from <= 1 ? null : from, to: follows ? null : to };
}
