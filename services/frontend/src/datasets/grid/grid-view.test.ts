import { expect, test } from "vitest";
import { filterOf, type GridView, isFiltered, queryOf } from "./grid-view";

const ALL: GridView = { rule: null, kind: "all", state: "all", split: null, q: "", sort: "order", descending: false };

test("what is as it is by default is not asked for", () => {
  expect(queryOf(ALL)).toEqual({});
  expect(queryOf({ ...ALL, rule: "dark", q: "a dog", sort: "motion", descending: true })).toEqual({
    rule: "dark",
    q: "a dog",
    sort: "motion",
    descending: true,
  });
});

test("an order is no filter", () => {
  expect(isFiltered({ ...ALL, sort: "file" })).toBe(false);
  expect(isFiltered({ ...ALL, split: "validation" })).toBe(true);
  expect(filterOf({ ...ALL, kind: "video", sort: "file" })).toEqual({
    rule: null,
    kind: "video",
    state: "all",
    split: null,
    q: "",
  });
});
