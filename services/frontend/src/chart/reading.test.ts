import { expect, test } from "vitest";
import type { NonFiniteMark } from "@/api/schema";
import { joinCurve, NO_POINTS } from "./curve";
import type { Line } from "./line";
import { covers, neighbour, nonFiniteText, type Reading, read, valueText } from "./reading";

const mark = (x: number, what: NonFiniteMark["what"] = "nan", count = 1): NonFiniteMark => ({
  x,
  step: x,
  what,
  count,
});

const line = (x: number[], bucket: number | null, nonfinite: NonFiniteMark[] = []): Line => {
  const mean = x.map((at) => at / 10);
  const series = {
    key: "k",
    x,
    mean,
    min: bucket ? mean : null,
    max: bucket ? mean.map((m) => m + 1) : null,
    count: bucket ? mean : null,
  };
  const curve = joinCurve({ ...series, last: null, nonfinite }, bucket, 100, NO_POINTS);
  return { id: "a", runId: "a", name: "a", colour: "--run-1", curve, smoothed: mean, superseded: false };
};

test("a line is read where it is pointed at, and behind its end at its end", () => {
  const held = line([0, 10, 20], 10);
  expect(read(held, 99)).toMatchObject({ x: 20, values: { mean: 2, low: 2, high: 3 } });
  expect(read(held, 14)).toMatchObject({ x: 10, values: { mean: 1 } });
  expect(read(line([], null), 14)).toBeNull();
});

test("what is not finite is told where it lies, and not beside a value that is nearer", () => {
  const raw = line([1, 2, 4], null, [mark(3)]);
  expect(read(raw, 3)).toEqual({ x: 3, values: null, nonfinite: [mark(3)] });
  expect(read(raw, 2.2)?.nonfinite).toEqual([]);
  expect(read(line([0, 10], 10, [mark(13)]), 18)?.nonfinite).toEqual([mark(13)]);
});

test("a bucket tells its mean and what in it is not finite; a raw point is one or the other", () => {
  const text = (held: Line, at: number) => valueText(read(held, at) as Reading, (value) => value.toFixed(1));
  expect(text(line([0, 10], 10, [mark(13, "nan", 3)]), 18)).toBe("1.0 NaN ×3");
  expect(text(line([1, 2, 4], null, [mark(3)]), 3)).toBe("NaN");
});

test("kinds are told apart, with how many and from where", () => {
  expect(nonFiniteText([mark(9), mark(3, "nan", 4), mark(5, "-inf")])).toEqual([
    "NaN ×5 from step 3",
    "−Inf at step 5",
  ]);
});

test("a line covers what lies between its ends", () => {
  expect([0, 1, 2, 3].map((at) => covers(line([1, 2], null), at))).toEqual([false, true, true, false]);
});

test("the crosshair goes from point to point over all lines", () => {
  const lines = [line([1, 5], null), line([3], null)];
  expect(neighbour(lines, 1, 1)).toBe(3);
  expect(neighbour(lines, 5, -1)).toBe(3);
  expect(neighbour(lines, 99, -1)).toBe(5);
  expect(neighbour([], 4, 1)).toBe(4);
});
