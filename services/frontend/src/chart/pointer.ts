import type uPlot from "uplot";
import { type Range, reshape, zoomIn, zoomOut } from "./range";

export interface PointerInput {
  /** What the chart shows now. */
  range: () => Range;
  /** Told of every zoom and pan; null asks for everything. */
  onRange: (range: Range | null) => void;
  /** Told of the place under the pointer; null when it has left. */
  onPoint: (x: number | null) => void;
}

/** Below this width a drag was a click. */
const DRAG_PX = 4;

/** A wheel with Ctrl or Cmd zooms about the pointer, shift-drag pans, a double click asks for everything. */
export function listen(u: uPlot, { range, onRange, onPoint }: PointerInput) {
  u.over.addEventListener("dblclick", () => onRange(null));
  u.over.addEventListener("mousemove", (event) => onPoint(u.posToVal(event.offsetX, "x")));
  u.over.addEventListener("mouseleave", () => onPoint(null));
  u.over.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const centre = event.offsetX / u.over.clientWidth;
      onRange(event.deltaY < 0 ? zoomIn(range(), centre) : zoomOut(range(), centre));
    },
    { passive: false },
  );
  // On the way down, before uPlot takes it for the begin of a selection.
  u.root.addEventListener(
    "mousedown",
    (event) => {
      if (!event.shiftKey || event.button !== 0) return;
      event.stopPropagation();
      event.preventDefault();
      const from = range();
      const move = (e: MouseEvent) => onRange(reshape(from, 1, 0.5, (event.clientX - e.clientX) / u.over.clientWidth));
      document.addEventListener("mousemove", move);
      document.addEventListener("mouseup", () => document.removeEventListener("mousemove", move), { once: true });
    },
    { capture: true },
  );
}

/** A selection becomes the range that is asked for. */
export function takeSelection(u: uPlot, { onRange }: PointerInput) {
  const { left, width } = u.select;
  if (width < DRAG_PX) return;
  onRange([u.posToVal(left, "x"), u.posToVal(left + width, "x")]);
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}
