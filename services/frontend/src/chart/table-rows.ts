import type { NonFiniteMark } from "@/api/schema";
import { firstAtOrAfter } from "./curve";
import type { Line } from "./line";
import type { Range } from "./range";

/** A point or bucket in numbers, or values that are none. */
export interface Row {
  line: Line;
  x: number;
  mean: number | null;
  low: number | null;
  high: number | null;
  count: number;
  what: NonFiniteMark["what"] | null;
}

/** What lies in the range, by place and then by line. */
export function tableRows(lines: readonly Line[], [min, max]: Range): Row[] {
  const rows = lines.flatMap((line) => [...valueRows(line, min, max), ...markRows(line, min, max)]);
  return rows.sort((a, b) => a.x - b.x);
}

function valueRows(line: Line, min: number, max: number): Row[] {
  const { x, mean, low, high, count, bucket } = line.curve;
  const rows: Row[] = [];
  const begin = firstAtOrAfter(x, bucket === null ? min : min - bucket + Number.EPSILON);
  for (let i = begin; i < x.length && (x[i] as number) <= max; i++) {
    const values = { mean: mean[i] ?? null, low: low[i] ?? null, high: high[i] ?? null, count: count?.[i] ?? 1 };
    rows.push({ line, x: x[i] as number, ...values, what: null });
  }
  return rows;
}

const markRows = (line: Line, min: number, max: number): Row[] =>
  line.curve.nonfinite
    .filter((mark) => mark.x >= min && mark.x <= max)
    .map(({ x, what, count }) => ({ line, x, mean: null, low: null, high: null, count, what }));
