import type { Column } from "./columns";

/** So many columns at each side tell how high a band is here. */
const BESIDE = 8;
/** In CSS pixels: less cannot be seen to jut out. */
const LEAST_PX = 3;

const scratch = new Float64Array(BESIDE);

/**
 * What juts out of the band by more than the band is high, from the band's edge to its tip. Medians tell where the band is, so two
 * spikes side by side are two, and both sides are asked, so a curve that falls steeply has none. One that touches no other column
 * is not of a band: a dot or a line shows it.
 */
export function spikesOf(columns: readonly Column[], ratio: number): Column[] {
  const found: Column[] = [];
  columns.forEach((column, i) => {
    const { left, right, top, bottom } = column;
    if (columns[i - 1]?.right !== left && columns[i + 1]?.left !== right) return;
    const ceiling = edge(columns, i, "top", Math.min);
    const floor = edge(columns, i, "bottom", Math.max);
    const clear = Math.max(LEAST_PX * ratio, floor - ceiling);
    if (ceiling - top > clear) found.push({ ...column, bottom: ceiling });
    if (bottom - floor > clear) found.push({ ...column, top: floor });
  });
  return found;
}

/** The outer one of the medians before and after the column; its own edge where it is alone. */
function edge(columns: readonly Column[], i: number, side: "top" | "bottom", outer: (a: number, b: number) => number) {
  const own = (columns[i] as Column)[side];
  const before =
    median(columns, Math.max(0, i - BESIDE), i, side) ?? median(columns, i + 1, i + 1 + BESIDE, side) ?? own;
  const after = median(columns, i + 1, i + 1 + BESIDE, side) ?? before;
  return outer(before, after);
}

/** The median of so few that sorting them in place is cheapest; undefined of none. */
function median(columns: readonly Column[], begin: number, end: number, side: "top" | "bottom"): number | undefined {
  const size = Math.min(end, columns.length) - begin;
  if (size <= 0) return undefined;
  for (let i = 0; i < size; i++) {
    const value = (columns[begin + i] as Column)[side];
    let at = i;
    for (; at > 0 && (scratch[at - 1] as number) > value; at--) scratch[at] = scratch[at - 1] as number;
    scratch[at] = value;
  }
  return scratch[size >> 1];
}
