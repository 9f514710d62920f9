"use client";

import { type KeyboardEvent, type MouseEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import type { ItemRead } from "@/api/schema";
import { t } from "@/messages";
import { ErrorNotice } from "@/ui/notice";
import type { GridView } from "./grid-view";
import { ItemCell } from "./item-cell";
import { useHoverPreview } from "./use-hover-preview";
import { useItemPages } from "./use-item-pages";
import { GAP_PX, useVisibleRows } from "./use-visible-rows";
import { movedTo, scrolledPx, scrollFor } from "./virtual-scroll";

interface Props {
  datasetId: number;
  view: GridView;
  /** How many there are at most, for the time until the first answer. */
  rows: number;
  focus: number;
  open: number | null;
  selected: ReadonlySet<number>;
  onTotal: (total: number) => void;
  onFocus: (index: number) => void;
  onOpen: (item: ItemRead, index: number) => void;
  onSelect: (item: ItemRead) => void;
  onQuarantine: (item: ItemRead) => void;
}

/** Every clip of the filter, by the row: only those in sight are in the page. The grid holds the focus itself. */
export function ItemGrid({ datasetId, view, rows, focus, open, selected, ...on }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [count, setCount] = useState(rows);
  const { geometry, shown, measure } = useVisibleRows(scroller, count);
  const { itemAt, total, error } = useItemPages(datasetId, view, shown.first, shown.last);
  const { playing, rest } = useHoverPreview();
  if (total !== undefined && total !== count) setCount(total);

  const { onTotal } = on;
  useEffect(() => {
    if (total !== undefined) onTotal(total);
  }, [total, onTotal]);

  const reached = useRef(focus);
  useEffect(() => {
    const held = scroller.current;
    if (!held || reached.current === focus) return;
    // Only a moved focus scrolls, not a window that was made wider.
    reached.current = focus;
    held.scrollTop = scrollFor(geometry, focus, held.scrollTop);
  }, [focus, geometry]);

  const onKeyDown = (event: KeyboardEvent) => {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (altKey) return;
    const target = movedTo(key, focus, geometry, ctrlKey || metaKey);
    const item = itemAt(focus);
    if (target !== null) {
      on.onFocus(target);
      rest(target);
    } else if (ctrlKey || metaKey || !item) return;
    else if (key === "Enter") on.onOpen(item, focus);
    else if (key === " ") on.onSelect(item);
    else if (key === "q" || key === "Q") on.onQuarantine(item);
    else return;
    event.preventDefault();
  };

  const onClick = (event: MouseEvent) => {
    const index = indexOf(event.target);
    const item = index === null ? undefined : itemAt(index);
    if (index === null || !item) return;
    on.onFocus(index);
    const selects = event.ctrlKey || event.metaKey || (event.target as Element).closest("[data-part=select]");
    if (selects) on.onSelect(item);
    else on.onOpen(item, index);
  };

  const lines: number[] = [];
  for (let at = shown.first; at < Math.min(shown.last, count); at += geometry.columns) lines.push(at);

  return (
    <>
      {error && <ErrorNotice error={error} />}
      {/* biome-ignore lint/a11y/useSemanticElements: a table of pictures that is not all in the page */}
      <div
        ref={scroller}
        role="grid"
        tabIndex={0}
        aria-label={t("datasets.grid.label", { rows: count })}
        aria-rowcount={Math.ceil(count / geometry.columns)}
        aria-colcount={geometry.columns}
        aria-activedescendant={`item-${focus}`}
        aria-multiselectable
        data-testid="grid"
        data-total={total}
        onScroll={() => {
          measure();
          rest(null);
        }}
        onKeyDown={onKeyDown}
        onClick={onClick}
        onPointerOver={(event: PointerEvent) => event.pointerType === "mouse" && rest(indexOf(event.target))}
        onPointerLeave={() => rest(null)}
        onBlur={() => rest(null)}
        className="group/grid relative h-[max(24rem,calc(100dvh-13rem))] overflow-y-auto rounded-md p-1 outline-none [contain:strict]"
      >
        <div className="relative" style={{ height: scrolledPx(geometry) }}>
          <div className="absolute inset-x-0 top-0" style={{ transform: `translateY(${shown.topPx}px)` }}>
            {lines.map((first) => (
              // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus
              // biome-ignore lint/a11y/useSemanticElements: a table lays out its rows by itself
              <div
                key={first}
                role="row"
                aria-rowindex={first / geometry.columns + 1}
                className="grid items-start"
                style={{
                  height: geometry.rowPx,
                  columnGap: GAP_PX,
                  gridTemplateColumns: `repeat(${geometry.columns}, minmax(0, 1fr))`,
                }}
              >
                {Array.from({ length: Math.min(geometry.columns, count - first) }, (_, column) => {
                  const index = first + column;
                  const item = itemAt(index);
                  return (
                    <ItemCell
                      key={index}
                      item={item}
                      index={index}
                      column={column}
                      focused={index === focus}
                      selected={item !== undefined && selected.has(item.id)}
                      open={item !== undefined && item.id === open}
                      playing={playing === index}
                    />
                  );
                })}
              </div>
            ))}
          </div>
        </div>
        {count === 0 && <p className="p-6 text-center text-muted">{t("datasets.grid.noMatch")}</p>}
      </div>
    </>
  );
}

function indexOf(target: EventTarget): number | null {
  const cell = target instanceof Element ? target.closest<HTMLElement>("[data-index]") : null;
  return cell ? Number(cell.dataset.index) : null;
}
