import type uPlot from "uplot";
import type { NonFinitePoint } from "@/api/schema";
import { number } from "@/ui/format";
import { type Range, reshape, zoomIn, zoomOut } from "./range";

export interface Mark {
  step: number;
  label: string;
}

export interface PlotInput {
  log: boolean;
  /** A CSS custom property, such as `--accent`. */
  colour: string;
  /** Without the raw line and its extremes: the curve is drawn as it is. */
  plain: boolean;
  compact: boolean;
  syncKey: string;
  marks: () => readonly Mark[];
  nonfinite: () => readonly NonFinitePoint[];
  onRange: (range: Range | null) => void;
  onCursor: (index: number | null) => void;
}

const css = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const fade = (colour: string, percent: number) => `color-mix(in oklch, ${colour} ${percent}%, transparent)`;

/** Columns of the data: steps, smoothed, raw, low, high. */
export const COLUMN = { step: 0, smoothed: 1, raw: 2, low: 3, high: 4 } as const;

export function plotOptions(element: HTMLElement, input: PlotInput): uPlot.Options {
  const line = css(input.colour);
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  const axis = { stroke: css("--muted"), font, ticks: { show: false }, gap: 6 };
  const grid = { stroke: css("--grid"), width: 1 };
  const edge = { stroke: "transparent", points: { show: false } };
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    padding: [10, 18, 0, 0],
    scales: { x: { time: false, auto: false }, y: { distr: input.log ? 3 : 1 } },
    axes: [
      { ...axis, size: 26, space: 70, grid: { show: false }, values: (_, ticks) => ticks.map(wholeStep) },
      {
        ...axis,
        size: input.compact ? 46 : 54,
        space: input.compact ? 24 : 40,
        grid,
        values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : number(tick, 3))),
      },
    ],
    series: [
      {},
      { stroke: line, width: input.compact ? 1.5 : 2, points: { show: alone, size: 6, fill: line } },
      { show: !input.plain, stroke: fade(line, 38), width: 1, points: { show: false } },
      { show: !input.plain, ...edge },
      { show: !input.plain, ...edge },
    ],
    bands: input.plain ? [] : [{ series: [COLUMN.high, COLUMN.low], fill: fade(line, 14) }],
    legend: { show: false },
    cursor: {
      drag: { x: true, y: false, setScale: false },
      sync: { key: input.syncKey, scales: ["x", null] },
      points: { size: 7 },
      y: false,
    },
    hooks: {
      ready: [(u) => listen(u, input.onRange)],
      setCursor: [(u) => input.onCursor(u.cursor.idx ?? null)],
      setSelect: [(u) => select(u, input.onRange)],
      draw: [(u) => drawMarks(u, input, font), (u) => drawNonFinite(u, input)],
    },
  };
}

const wholeStep = (tick: number | null) =>
  tick === null || !Number.isInteger(tick)
    ? ""
    : tick.toLocaleString("en", { notation: tick > 99_999 ? "compact" : "standard" });

/** A point is shown where no line can be: between two gaps, or when it is the only one. */
function alone(u: uPlot, seriesIndex: number): boolean {
  const values = u.data[seriesIndex] ?? [];
  let held = 0;
  for (const value of values) if (value != null && ++held > 24) return false;
  return held > 0;
}

/** Only the chart that was dragged asks for the range; the others take part in the crosshair. */
function select(u: uPlot, onRange: PlotInput["onRange"]) {
  const { left, width } = u.select;
  if (width < 4) return;
  if (u.cursor.event) onRange([u.posToVal(left, "x"), u.posToVal(left + width, "x")]);
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

function drawMarks(u: uPlot, input: PlotInput, font: string) {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = css("--edge");
  ctx.fillStyle = css("--muted");
  ctx.lineWidth = ratio;
  ctx.setLineDash([3 * ratio, 3 * ratio]);
  ctx.font = font.replace(/^\d+/, (size) => String(Number(size) * ratio));
  ctx.textBaseline = "top";
  for (const { step, label } of input.marks()) {
    const x = Math.round(u.valToPos(step, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    if (input.compact) continue;
    const fits = x + ctx.measureText(label).width + 6 * ratio < bbox.left + bbox.width;
    ctx.textAlign = fits ? "left" : "right";
    ctx.fillText(label, x + (fits ? 5 : -5) * ratio, bbox.top + 2 * ratio);
  }
  ctx.restore();
}

/** NaN and infinities as small triangles: +inf at the top, the others at the bottom. */
function drawNonFinite(u: uPlot, input: PlotInput) {
  const { ctx, bbox } = u;
  const size = 5 * devicePixelRatio;
  ctx.save();
  ctx.fillStyle = css("--failed");
  for (const { step, what } of input.nonfinite()) {
    const x = u.valToPos(step, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const up = what === "inf";
    const y = up ? bbox.top : bbox.top + bbox.height;
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x - size, y + (up ? 1.6 : -1.6) * size);
    ctx.lineTo(x + size, y + (up ? 1.6 : -1.6) * size);
    ctx.fill();
  }
  ctx.restore();
}

/** A wheel with Ctrl or Cmd zooms about the pointer, shift-drag pans, a double click asks for the whole run. */
function listen(u: uPlot, onRange: PlotInput["onRange"]) {
  const range = (): Range => [u.scales.x?.min ?? 0, u.scales.x?.max ?? 1];
  u.over.addEventListener("dblclick", () => onRange(null));
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
  u.over.addEventListener(
    "mousedown",
    (event) => {
      if (!event.shiftKey) return;
      event.stopImmediatePropagation();
      event.preventDefault();
      const from = range();
      const move = (e: MouseEvent) => onRange(reshape(from, 1, 0.5, (event.clientX - e.clientX) / u.over.clientWidth));
      document.addEventListener("mousemove", move);
      document.addEventListener("mouseup", () => document.removeEventListener("mousemove", move), { once: true });
    },
    { capture: true },
  );
}
