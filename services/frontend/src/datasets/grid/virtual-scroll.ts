/** The tallest element that every browser still lays out right, with room to spare: Firefox ends at 17.8 million px. */
export const TALLEST_PX = 15_000_000;

export interface Geometry {
  count: number;
  columns: number;
  /** Of one row, its gap included. */
  rowPx: number;
  viewPx: number;
}

const rowsOf = ({ count, columns }: Geometry) => Math.ceil(count / columns);

/** The height of what is scrolled: that of all rows, or the tallest there can be. */
export const scrolledPx = (grid: Geometry) => Math.min(TALLEST_PX, rowsOf(grid) * grid.rowPx);

/** How many pixels of rows pass for one pixel of scrolling; above 1 only where the rows are taller than an element can be. */
function scale(grid: Geometry) {
  const [rows, scrolled] = [rowsOf(grid) * grid.rowPx - grid.viewPx, scrolledPx(grid) - grid.viewPx];
  return scrolled > 0 ? Math.max(1, rows / scrolled) : 1;
}

export interface Shown {
  /** The items from `first` up to, not including, `last`. */
  first: number;
  last: number;
  /** Where the row of `first` begins in the scrolled element. */
  topPx: number;
}

/** The rows to draw at a scroll position: those that are seen and `overscan` more on both sides. */
export function shownAt(grid: Geometry, scrollTopPx: number, overscan: number): Shown {
  const { count, columns, rowPx, viewPx } = grid;
  const at = Math.max(0, scrollTopPx) * scale(grid);
  const row = Math.max(0, Math.min(rowsOf(grid), Math.floor(at / rowPx)) - overscan);
  const end = Math.min(rowsOf(grid), Math.ceil((at + viewPx) / rowPx) + overscan);
  const first = Math.min(count, row * columns);
  return { first, last: Math.max(first, Math.min(count, end * columns)), topPx: row * rowPx - at + scrollTopPx };
}

/** The scroll position that brings an item into view, moving as little as can be. */
export function scrollFor(grid: Geometry, index: number, scrollTopPx: number): number {
  const { columns, rowPx, viewPx } = grid;
  const top = Math.floor(index / columns) * rowPx;
  const at = scrollTopPx * scale(grid);
  if (top < at) return top / scale(grid);
  if (top + rowPx > at + viewPx) return (top + rowPx - viewPx) / scale(grid);
  return scrollTopPx;
}

/** The pages, by number, that hold the items from `first` up to `last`. */
export function pagesOf(first: number, last: number, pageSize: number): number[] {
  if (last <= first) return [];
  const from = Math.floor(first / pageSize);
  return Array.from({ length: Math.floor((last - 1) / pageSize) - from + 1 }, (_, i) => from + i);
}

/** Where a key moves the focus to; null where it moves none. */
export function movedTo(key: string, index: number, { count, columns, rowPx, viewPx }: Geometry, ctrl: boolean) {
  const page = Math.max(1, Math.floor(viewPx / rowPx)) * columns;
  const rowStart = index - (index % columns);
  const targets: Record<string, number> = {
    ArrowLeft: index - 1,
    ArrowRight: index + 1,
    ArrowUp: index - columns < 0 ? index : index - columns,
    ArrowDown: index + columns < count ? index + columns : Math.max(index, lastBelow(index, columns, count)),
    PageUp: index - page < 0 ? index % columns : index - page,
    PageDown: index + page < count ? index + page : count - 1,
    Home: ctrl ? 0 : rowStart,
    End: ctrl ? count - 1 : rowStart + columns - 1,
  };
  const target = targets[key];
  return target === undefined ? null : Math.max(0, Math.min(count - 1, target));
}

/** From the last row but one the focus goes down to the last item, even where nothing lies right below. */
function lastBelow(index: number, columns: number, count: number) {
  return Math.floor(index / columns) < Math.floor((count - 1) / columns) ? count - 1 : index;
}
