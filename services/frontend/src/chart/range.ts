import type { Axis } from "@/api/schema";

/** A span of the x axis, inclusive. */
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

/** What a key does to the range that is shown; null asks for everything. */
export const RANGE_KEYS: Record<string, (range: Range) => Range | null> = {
  ArrowLeft: (range) => reshape(range, 1, 0.5, -0.1),
  ArrowRight: (range) => reshape(range, 1, 0.5, 0.1),
  "+": (range) => zoomIn(range),
  "=": (range) => zoomIn(range),
  "-": (range) => zoomOut(range),
  0: () => null,
  Home: () => null,
  Escape: () => null,
};

/** The finest that can be shown, and what the ends of a range are rounded to: steps or seconds. */
const GRAIN: Record<Axis, { narrowest: number; digits: number; unit: number }> = {
  step: { narrowest: 4, digits: 0, unit: 1 },
  relative: { narrowest: 0.05, digits: 3, unit: 0 },
  wall: { narrowest: 0.05, digits: 3, unit: 0 },
};

/** What is shown: null is an end of the data, and a null `to` follows its head. */
export interface Span {
  from: number | null;
  to: number | null;
}

/** A wished range inside the data, which reach from `low` to `head`. One that reaches the head goes on following it. */
export function settle([min, max]: Range, [low, head]: Range, axis: Axis): Span {
  const { narrowest, digits, unit } = GRAIN[axis];
  const round = (x: number) => Number(x.toFixed(digits));
  const wide = Math.max(max - min, narrowest);
  const from = Math.max(low, Math.min(round(min), head - narrowest));
  const to = round(from + wide);
  return { from: from <= low + unit ? null : from, to: round(max) >= head || to >= head ? null : to };
}
