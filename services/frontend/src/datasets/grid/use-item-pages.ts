"use client";

import { type UseQueryResult, useQueries, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { ItemRead, Items } from "@/api/schema";
import { forgetOldPages, PAGE_ITEMS, pageQuery } from "@/datasets/item-queries";
import type { GridView } from "./grid-view";
import { pagesOf } from "./virtual-scroll";

/** Pages that are only flown past are not asked for: the scroller must have rested on them for so long. */
const SETTLE_MS = 80;
/** So many items before and after those that are shown are fetched, too. */
const AHEAD = 40;

/** The items that are held of those shown, by their place in the list, and how many there are in all. */
export function useItemPages(id: number, view: GridView, first: number, last: number) {
  const queries = useQueryClient();
  const asked = useSettled(pagesOf(Math.max(0, first - AHEAD), last + AHEAD, PAGE_ITEMS));
  // The first page stays among them, for it says how many there are.
  const pages = [...new Set([0, ...asked])];
  const found = useQueries({ queries: pages.map((page) => pageQuery(id, view, page)), combine });
  const total = found.total;
  useEffect(() => {
    if (asked.length > 0) forgetOldPages(queries, id);
  }, [queries, id, asked]);

  const itemAt = (index: number): ItemRead | undefined =>
    found.data[pages.indexOf(Math.floor(index / PAGE_ITEMS))]?.items[index % PAGE_ITEMS];
  return { itemAt, total, error: found.error };
}

function combine(results: UseQueryResult<Items>[]) {
  const newest = results.reduce(
    (held, one) => (one.dataUpdatedAt > held.dataUpdatedAt ? one : held),
    results[0] as UseQueryResult<Items>,
  );
  return {
    data: results.map(({ data }) => data),
    total: newest.data?.total,
    error: results.find(({ error }) => error)?.error ?? null,
  };
}

/** `pages` at once where some of them were there before, else once they have stood still. */
function useSettled(pages: readonly number[]): readonly number[] {
  const [settled, setSettled] = useState(pages);
  const wanted = pages.join();
  const near = pages.some((page) => settled.includes(page));
  useEffect(() => {
    const next = wanted === "" ? [] : wanted.split(",").map(Number);
    const timer = setTimeout(() => setSettled(next), near ? 0 : SETTLE_MS);
    return () => clearTimeout(timer);
  }, [wanted, near]);
  return settled;
}
