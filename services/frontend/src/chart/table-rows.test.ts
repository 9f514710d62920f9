import { expect, test } from "vitest";
import { joinCurve, NO_POINTS } from "./curve";
import type { Line } from "./line";
import { tableRows } from "./table-rows";

const line = (id: string, x: number[], bucket: number | null = null): Line => {
  const nonfinite = [{ x: 3, step: 3, what: "inf" as const, count: 2 }];
  const held = {
    min: bucket ? x.map(() => 0) : null,
    max: bucket ? x.map(() => 9) : null,
    count: bucket ? x.map(() => bucket) : null,
  };
  const series = { key: "k", x, mean: x, last: null, nonfinite: id === "a" ? nonfinite : [], ...held };
  const curve = joinCurve(series, bucket, 100, NO_POINTS);
  return { id, runId: id, name: id, colour: "--run-1", curve, smoothed: x, superseded: false };
};

const told = (lines: Line[], range: [number, number]) => tableRows(lines, range).map(({ line, x }) => `${line.id}${x}`);

test("rows go by place, with what is not finite among them", () => {
  expect(told([line("a", [1, 2, 4]), line("b", [2, 5])], [1, 9])).toEqual(["a1", "a2", "b2", "a3", "a4", "b5"]);
  expect(tableRows([line("a", [])], [1, 9])[0]).toMatchObject({ what: "inf", count: 2, mean: null });
});

test("only what is in the range is told; a bucket that reaches into it is", () => {
  expect(told([line("b", [1, 2, 3, 4])], [2, 3])).toEqual(["b2", "b3"]);
  expect(told([line("b", [0, 10, 20], 10)], [15, 19])).toEqual(["b10"]);
  expect(tableRows([line("b", [0], 10)], [0, 9])[0]).toMatchObject({ low: 0, high: 9, count: 10 });
});
