import { expect, test } from "vitest";
import { type Geometry, movedTo, pagesOf, scrolledPx, scrollFor, shownAt, TALLEST_PX } from "./virtual-scroll";

const ALL: Geometry = { count: 170_180, columns: 6, rowPx: 180, viewPx: 800 };
const NARROW: Geometry = { count: 170_180, columns: 1, rowPx: 250, viewPx: 700 };

test("170,180 items in six columns fit an element as they are", () => {
  expect(scrolledPx(ALL)).toBe(Math.ceil(170_180 / 6) * 180);
  expect(scrolledPx(ALL)).toBeLessThan(TALLEST_PX);
  const shown = shownAt(ALL, 180 * 100 + 20, 2);
  expect(shown).toEqual({ first: 98 * 6, last: 107 * 6, topPx: 98 * 180 });
});

test("rows taller than an element can be are scaled, and both ends are reached", () => {
  expect(scrolledPx(NARROW)).toBe(TALLEST_PX);
  expect(shownAt(NARROW, 0, 0).first).toBe(0);
  const end = shownAt(NARROW, TALLEST_PX - NARROW.viewPx, 0);
  expect(end.last).toBe(NARROW.count);
  const bottom = end.topPx + (end.last - end.first) * NARROW.rowPx;
  expect(bottom).toBeCloseTo(TALLEST_PX, 0);
});

test("nothing is shown of nothing, and a short list is shown whole", () => {
  expect(shownAt({ ...ALL, count: 0 }, 0, 2)).toEqual({ first: 0, last: 0, topPx: 0 });
  expect(shownAt({ ...ALL, count: 7 }, 0, 2)).toEqual({ first: 0, last: 7, topPx: 0 });
  expect(shownAt({ ...ALL, count: 7 }, 90_000, 2).last).toBe(7);
});

test.each([ALL, NARROW])("an item that is scrolled to is seen", (grid) => {
  for (const index of [0, 5, 1_000, 99_999, 170_179]) {
    const at = scrollFor(grid, index, 1_000_000);
    const { first, last } = shownAt(grid, at, 0);
    expect(first).toBeLessThanOrEqual(index);
    expect(last).toBeGreaterThan(index);
  }
  const still = scrollFor(ALL, 600, 100 * 180);
  expect(still).toBe(100 * 180);
});

test("pages are those that hold the items", () => {
  expect(pagesOf(0, 0, 100)).toEqual([]);
  expect(pagesOf(0, 100, 100)).toEqual([0]);
  expect(pagesOf(99, 101, 100)).toEqual([0, 1]);
  expect(pagesOf(250, 420, 100)).toEqual([2, 3, 4]);
});

test("keys move by items, rows and pages, and never past an end", () => {
  const grid = { ...ALL, count: 20 };
  const to = (key: string, index: number, ctrl = false) => movedTo(key, index, grid, ctrl);
  expect(to("ArrowRight", 3)).toBe(4);
  expect(to("ArrowLeft", 0)).toBe(0);
  expect(to("ArrowDown", 3)).toBe(9);
  expect(to("ArrowDown", 16)).toBe(19);
  expect(to("ArrowDown", 19)).toBe(19);
  expect(to("ArrowUp", 9)).toBe(3);
  expect(to("ArrowUp", 3)).toBe(3);
  expect(to("Home", 9)).toBe(6);
  expect(to("End", 9)).toBe(11);
  expect(to("Home", 9, true)).toBe(0);
  expect(to("End", 9, true)).toBe(19);
  expect(to("PageDown", 3)).toBe(19);
  expect(to("PageUp", 9)).toBe(3);
  expect(to("x", 9)).toBeNull();
});
