import type uPlot from "uplot";
import type { Axis, NonFiniteMark } from "@/api/schema";
import type { Curve } from "./curve";
import { type Line, visible } from "./line";
import type { Range } from "./range";
import { middle } from "./x-axis";

export interface Ink {
  /** The value of a CSS custom property. */
  css: (property: string) => string;
  /** Of lines, in CSS pixels. */
  width: number;
}

/** Of a single run's band; several lie over one another and share it. */
const BAND = 0.22;
const SPIKE = 0.75;
const FAINT = 0.42;
const DASHED = 0.8;
const DASH = [6, 5];
/** A curve of so few points shows each as a dot. */
const DOTS_UP_TO = 30;

/**
 * Draw the lines into the plot's canvas: bands below, then means, then what is superseded.
 *
 * All strokes are one canvas pixel wide, and what is thicker is several of them: a canvas that no GPU draws takes a tenth of the
 * time for those, for they need no outline.
 */
export function paintLines(u: uPlot, lines: readonly Line[], axis: Axis, range: Range, ink: Ink) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineWidth = 1;
  const shown = lines.map((line) => ({ line, at: visible(line.curve, range), colour: ink.css(line.colour) }));
  const bands = shown.filter(({ line }) => !line.superseded && line.curve.bucket !== null);
  for (const { line, at, colour } of bands) {
    paintBand(u, line.curve, at, colour, BAND / Math.sqrt(bands.length));
  }
  shown.sort((a, b) => Number(a.line.superseded) - Number(b.line.superseded));
  for (const { line, at, colour } of shown) {
    const { curve, smoothed, superseded } = line;
    ctx.strokeStyle = ctx.fillStyle = colour;
    if (smoothed !== curve.mean && !superseded) {
      ctx.globalAlpha = FAINT;
      stroke(ctx, valuePath(u, curve, curve.mean, at, axis), devicePixelRatio);
    }
    ctx.globalAlpha = superseded ? DASHED : 1;
    ctx.setLineDash(superseded ? DASH.map((part) => part * devicePixelRatio) : []);
    stroke(ctx, valuePath(u, curve, smoothed, at, axis), (superseded ? 1 : ink.width) * devicePixelRatio);
    if (at[1] - at[0] <= DOTS_UP_TO) paintDots(u, curve, smoothed, at, axis);
  }
  ctx.restore();
}

/** Stroke a path so many canvas pixels high. */
function stroke(ctx: CanvasRenderingContext2D, path: Path2D, width: number) {
  const times = Math.max(1, Math.round(width));
  for (let i = 0; i < times; i++) {
    const up = i - (times - 1) / 2;
    ctx.translate(0, up);
    ctx.stroke(path);
    ctx.translate(0, -up);
  }
}

/**
 * Each bucket as a column from its lowest to its highest value, at least a pixel wide and high. What juts out of both neighbours
 * is drawn strong: a spike of one step in ten thousand has one column. One that stands alone has a dot or a line to show it.
 */
function paintBand(u: uPlot, curve: Curve, [begin, end]: [number, number], colour: string, alpha: number) {
  const { ctx } = u;
  const columns = columnsOf(u, curve, begin, end);
  const least = Math.max(1, Math.round(devicePixelRatio));
  const band = new Path2D();
  const spikes = new Path2D();
  for (let i = 0; i < columns.length; i++) {
    const { left, right, top, bottom } = columns[i] as Column;
    addColumn(band, left, right, top, bottom);
    const before = columns[i - 1];
    const after = columns[i + 1];
    const follower = after?.left === right ? after : undefined;
    const a = before?.right === left ? before : follower;
    const b = follower ?? a;
    if (!a || !b) continue;
    const ceiling = Math.min(a.top, b.top);
    const floor = Math.max(a.bottom, b.bottom);
    const clear = Math.max(3 * least, (floor - ceiling) / 2);
    if (ceiling - top > clear) addColumn(spikes, left, right, top, ceiling);
    if (bottom - floor > clear) addColumn(spikes, left, right, floor, bottom);
  }
  ctx.strokeStyle = colour;
  ctx.globalAlpha = alpha;
  ctx.stroke(band);
  ctx.globalAlpha = SPIKE;
  ctx.stroke(spikes);
}

function addColumn(path: Path2D, left: number, right: number, top: number, bottom: number) {
  for (let x = left + 0.5; x < right; x++) {
    path.moveTo(x, top);
    path.lineTo(x, bottom);
  }
}

interface Column {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** The buckets in canvas pixels; those that share a pixel's column are one. */
function columnsOf(u: uPlot, { x, low, high, bucket }: Curve, begin: number, end: number): Column[] {
  const least = Math.max(1, Math.round(devicePixelRatio));
  const [toX, toY] = [projection(u, "x"), projection(u, "y")];
  const columns: Column[] = [];
  for (let i = begin; i < end; i++) {
    const left = Math.round(toX(x[i] as number));
    const right = Math.max(left + least, Math.round(toX((x[i] as number) + (bucket ?? 0))));
    const top = Math.floor(toY(high[i] as number));
    const bottom = Math.max(top + least, Math.ceil(toY(low[i] as number)));
    const last = columns[columns.length - 1];
    if (last && left < last.right && last.right - last.left === least) {
      last.top = Math.min(last.top, top);
      last.bottom = Math.max(last.bottom, bottom);
    } else columns.push({ left: last ? Math.max(left, last.right) : left, right, top, bottom });
  }
  return columns;
}

/** The line through the values, broken where one was not finite. */
function valuePath(
  u: uPlot,
  { x, bucket, nonfinite }: Curve,
  values: readonly number[],
  [begin, end]: readonly [number, number],
  axis: Axis,
): Path2D {
  const [toX, toY] = [projection(u, "x"), projection(u, "y")];
  const shift = middle(axis, bucket);
  const path = new Path2D();
  let mark = 0;
  for (let i = begin; i < end; i++) {
    const at = x[i] as number;
    const [left, top] = [toX(at + shift), toY(values[i] as number)];
    const behind = i > begin ? (x[i - 1] as number) + (bucket ?? 0) : Number.NEGATIVE_INFINITY;
    while (mark < nonfinite.length && (nonfinite[mark] as NonFiniteMark).x < behind) mark++;
    if (mark < nonfinite.length && (nonfinite[mark] as NonFiniteMark).x < at) path.moveTo(left, top);
    path.lineTo(left, top);
  }
  return path;
}

function paintDots(
  u: uPlot,
  { x, bucket }: Curve,
  values: readonly number[],
  [begin, end]: readonly [number, number],
  axis: Axis,
) {
  const { ctx } = u;
  const [toX, toY] = [projection(u, "x"), projection(u, "y")];
  const shift = middle(axis, bucket);
  ctx.beginPath();
  for (let i = begin; i < end; i++) {
    const [left, top] = [toX((x[i] as number) + shift), toY(values[i] as number)];
    ctx.moveTo(left, top);
    ctx.arc(left, top, 2.5 * devicePixelRatio, 0, 2 * Math.PI);
  }
  ctx.fill();
}

/** Values to canvas pixels, once for many values; what a log axis has no place for lies below its end. */
function projection(u: uPlot, scale: "x" | "y"): (value: number) => number {
  const { min = 0, max = 1, distr } = u.scales[scale] ?? {};
  const { left, top, width, height } = u.bbox;
  if (distr === 3) {
    const bottom = Math.log10(min);
    const size = height / (Math.log10(max) - bottom || 1);
    return (value) => top + height - (value > 0 ? (Math.log10(value) - bottom) * size : -height);
  }
  if (scale === "x") {
    const size = width / (max - min || 1);
    return (value) => left + (value - min) * size;
  }
  const size = height / (max - min || 1);
  return (value) => top + height - (value - min) * size;
}
