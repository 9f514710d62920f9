"use client";

import { type RefObject, useCallback, useEffect, useLayoutEffect, useState } from "react";
import { type Geometry, type Shown, shownAt } from "./virtual-scroll";

const OVERSCAN_ROWS = 2;
const LEAST_CELL_PX = 190;
const NARROW_CELL_PX = 150;
const NARROW_PX = 500;
export const GAP_PX = 12;
/** What a cell has below its picture: two lines of caption and their distance. */
const CAPTION_PX = 36;

function geometryOf(count: number, widthPx: number, viewPx: number): Geometry {
  const least = widthPx < NARROW_PX ? NARROW_CELL_PX : LEAST_CELL_PX;
  const columns = Math.max(1, Math.floor((widthPx + GAP_PX) / (least + GAP_PX)));
  const cellPx = (widthPx - GAP_PX * (columns - 1)) / columns;
  return { count, columns, rowPx: Math.ceil((cellPx * 9) / 16) + CAPTION_PX + GAP_PX, viewPx };
}

/** The geometry of a grid of `count` items in a scroller, and which of them to draw; a scroll within a row draws nothing anew. */
export function useVisibleRows(scroller: RefObject<HTMLElement | null>, count: number) {
  const [size, setSize] = useState({ widthPx: 0, viewPx: 0 });
  const [shown, setShown] = useState<Shown>({ first: 0, last: 0, topPx: 0 });
  const geometry = geometryOf(count, size.widthPx, size.viewPx);
  const { columns, rowPx, viewPx } = geometry;

  useEffect(() => {
    const held = scroller.current;
    if (!held) return;
    const sized = new ResizeObserver(([entry]) => {
      if (entry) setSize({ widthPx: Math.floor(entry.contentRect.width), viewPx: entry.contentRect.height });
    });
    sized.observe(held);
    return () => sized.disconnect();
  }, [scroller]);

  const measure = useCallback(() => {
    const top = scroller.current?.scrollTop ?? 0;
    const next = viewPx > 0 ? shownAt({ count, columns, rowPx, viewPx }, top, OVERSCAN_ROWS) : null;
    if (next) setShown((held) => (isSame(held, next) ? held : next));
  }, [scroller, count, columns, rowPx, viewPx]);

  useLayoutEffect(measure, [measure]);
  return { geometry, shown, measure };
}

const isSame = (one: Shown, other: Shown) =>
  one.first === other.first && one.last === other.last && Math.abs(one.topPx - other.topPx) < 0.5;
