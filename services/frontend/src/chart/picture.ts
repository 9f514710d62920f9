import type { Line } from "./line";
import type { Mark } from "./paint-marks";
import type { Range } from "./range";

/** What a plot shows. */
export interface Picture {
  lines: readonly Line[];
  range: Range;
  marks: readonly Mark[];
}

/**
 * Changes when the lines would look otherwise. Where live steps come 20 times a second and a bucket holds thousands of them, the
 * last bucket mostly moves by less than a pixel, and drawing is what costs. `toPixel` takes a value to its height.
 */
export function lookOf({ lines, marks }: Picture, toPixel: (value: number) => number): string {
  const looks = lines.map(({ id, colour, curve, smoothed }) => {
    const { x, mean, low, high, bucket, nonfinite } = curve;
    const last = x.length - 1;
    let sum = 0;
    for (let i = 0; i < last; i++) {
      sum += (x[i] as number) + 3 * (mean[i] as number) + 5 * (low[i] as number) + 7 * (high[i] as number);
      sum += 11 * (smoothed[i] as number);
    }
    const marked = nonfinite.reduce((total, mark) => total + mark.x, nonfinite.length);
    const ends = [mean, low, high, smoothed].map((values) => Math.round(toPixel(values[last] ?? 0)));
    return [id, colour, bucket, last, x[last], sum, marked, ...ends].join(" ");
  });
  return [...looks, ...marks.map(({ x, label }) => `${x} ${label}`)].join("\n");
}
