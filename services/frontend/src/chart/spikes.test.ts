import { expect, test } from "vitest";
import type { Column } from "./columns";
import { spikesOf } from "./spikes";

/** Columns a pixel wide whose band reaches from 80 to 100, but where another top or bottom is given. */
const band = (size: number, other: Record<number, Partial<Column>> = {}): Column[] =>
  Array.from({ length: size }, (_, i) => ({ left: i, right: i + 1, top: 80, bottom: 100, ...other[i] }));

test("a spike reaches from the band's edge to its tip, upward and downward, also at either end", () => {
  const found = spikesOf(band(40, { 0: { top: 5 }, 20: { top: 10 }, 39: { bottom: 180 } }), 1);
  expect(found).toEqual([
    { left: 0, right: 1, top: 5, bottom: 80 },
    { left: 20, right: 21, top: 10, bottom: 80 },
    { left: 39, right: 40, top: 100, bottom: 180 },
  ]);
});

test("spikes side by side are each one, whichever is higher", () => {
  const found = spikesOf(band(40, { 10: { top: 30 }, 11: { top: 0 }, 13: { top: 20 } }), 1);
  expect(found.map(({ left }) => left)).toEqual([10, 11, 13]);
});

test("noise within the band's own height is no spike, nor is a steep fall or a single column", () => {
  expect(spikesOf(band(40, { 7: { top: 65 }, 21: { top: 62, bottom: 115 } }), 1)).toEqual([]);
  const fall = Array.from({ length: 40 }, (_, i) => ({ left: i, right: i + 1, top: 40 * i, bottom: 40 * i + 20 }));
  expect(spikesOf(fall, 1).filter(({ left }) => left > 0 && left < 39)).toEqual([]);
  expect(spikesOf(band(1, { 0: { top: 0 } }), 1)).toEqual([]);
  const sparse = band(9, { 0: { top: 20 } }).map((column) => ({
    ...column,
    left: 9 * column.left,
    right: 9 * column.left + 1,
  }));
  expect(spikesOf(sparse, 1)).toEqual([]);
});

test("on a flat line three pixels of the screen are the least", () => {
  const flat = Array.from({ length: 20 }, (_, i) => ({ left: i, right: i + 1, top: i === 9 ? 95 : 99, bottom: 100 }));
  expect(spikesOf(flat, 1)).toHaveLength(1);
  expect(spikesOf(flat, 2)).toHaveLength(0);
});
