import { expect, test } from "vitest";
import { filterOf, type GridView, isFiltered, queryOf, UNFILTERED } from "./grid-view";

const ALL: GridView = { ...UNFILTERED, sort: "order", descending: false };

test("what is as it is by default is not asked for", () => {
  expect(queryOf(ALL)).toEqual({});
  expect(queryOf({ ...ALL, rule: "dark", q: "a dog", sort: "motion", descending: true })).toEqual({
    rule: "dark",
    q: "a dog",
    sort: "motion",
    descending: true,
  });
  expect(queryOf({ ...ALL, conversion: "hdr", fps: 23.976 })).toEqual({ conversion: "hdr", fps: 23.976 });
});

test("an order is no filter", () => {
  expect(isFiltered({ ...ALL, sort: "file" })).toBe(false);
  expect(isFiltered(ALL)).toBe(false);
  for (const one of [{ split: "validation" }, { conversion: "alpha" }, { fps: 25 }, { q: "a" }] as const)
    expect(isFiltered({ ...ALL, ...one })).toBe(true);
  expect(filterOf({ ...ALL, kind: "video", sort: "file" })).toEqual({
    rule: null,
    kind: "video",
    state: "all",
    split: null,
    conversion: null,
    fps: null,
    q: "",
  });
});
