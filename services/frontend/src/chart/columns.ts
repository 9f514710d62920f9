import type { Curve } from "./curve";
import type { Range } from "./range";

/** A bucket in canvas pixels; y grows downward. */
export interface Column {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Canvas {
  toX: (x: number) => number;
  toY: (value: number) => number;
  /** The first and the last column of pixels that can be seen. */
  seen: Range;
  /** Canvas pixels in one of the screen. */
  ratio: number;
}

/**
 * The buckets of the curve from `begin` to `end`, as far as they can be seen; those that share a pixel's column are one. Right
 * after a deep zoom a bucket can be a million pixels wide.
 */
export function columnsOf(
  { x, low, high, bucket }: Curve,
  [begin, end]: readonly [number, number],
  { toX, toY, seen, ratio }: Canvas,
): Column[] {
  const least = Math.max(1, Math.round(ratio));
  const columns: Column[] = [];
  for (let i = begin; i < end; i++) {
    const from = Math.round(toX(x[i] as number));
    const to = Math.max(from + least, Math.round(toX((x[i] as number) + (bucket ?? 0))));
    const [left, right] = [Math.max(from, seen[0]), Math.min(to, seen[1])];
    if (left >= right) continue;
    const top = Math.floor(toY(high[i] as number));
    const bottom = Math.max(top + least, Math.ceil(toY(low[i] as number)));
    const last = columns[columns.length - 1];
    if (last && left < last.right && last.right - last.left === least) {
      last.top = Math.min(last.top, top);
      last.bottom = Math.max(last.bottom, bottom);
    } else columns.push({ left: last ? Math.max(left, last.right) : left, right, top, bottom });
  }
  return columns;
}
