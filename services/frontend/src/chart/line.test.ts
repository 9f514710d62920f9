import { expect, test } from "vitest";
import { joinCurve, NO_POINTS } from "./curve";
import { bulkExtent, isPositive, type Line, visible, yExtent } from "./line";

const line = (x: number[], mean: number[], more: Partial<Line> = {}, max: number[] | null = null): Line => {
  const series = { key: "k", x, mean, min: max && mean, max, count: max && mean, last: null, nonfinite: [] };
  const curve = joinCurve(series, max && 10, 100, NO_POINTS);
  return { id: "a", runId: "a", name: "a", colour: "--run-1", curve, smoothed: mean, superseded: false, ...more };
};

test("points in the range are drawn, and one at each side", () => {
  expect(visible({ x: [1, 2, 3, 4, 5], bucket: null }, [2.5, 3.5])).toEqual([1, 4]);
  expect(visible({ x: [0, 10, 20, 30], bucket: 10 }, [12, 15])).toEqual([0, 3]);
});

test("a spike of one step in a bucket is within the extent, and only where it is in the range", () => {
  const lines = [line([0, 10, 20], [1, 1, 1], {}, [1, 9, 1])];
  expect(yExtent(lines, [0, 30], false)).toEqual([1, 9]);
  expect(yExtent(lines, [21, 30], false)).toEqual([1, 1]);
  expect(yExtent(lines, [50, 60], false)).toBeNull();
});

test("the bulk leaves out spikes and a steep beginning, and is everything where nothing is far off", () => {
  const x = Array.from({ length: 40 }, (_, i) => 10 * i);
  const mean = x.map((at) => (at === 0 ? 9 : 1 + (at % 30) / 100));
  const max = mean.map((value, i) => (i % 10 === 5 ? 20 : value + 0.5));
  expect(bulkExtent([line(x, mean, {}, max)], [0, 400], false)).toEqual([1, 1.7]);
  const calm = [line([0, 10, 20], [1, 2, 3], {}, [2, 3, 4])];
  expect(bulkExtent(calm, [0, 30], false)).toEqual(yExtent(calm, [0, 30], false));
  expect(bulkExtent([], [0, 30], false)).toBeNull();
});

test("what is superseded counts with its means", () => {
  expect(yExtent([line([0], [2], { superseded: true }, [9])], [0, 9], false)).toEqual([2, 2]);
});

test("a log axis begins above zero", () => {
  const lines = [line([1, 2, 3], [-1, 0.5, 8])];
  expect(yExtent(lines, [0, 9], true)).toEqual([0.5, 8]);
  expect(isPositive(lines)).toBe(false);
  expect(isPositive([line([1], [2])])).toBe(true);
});
