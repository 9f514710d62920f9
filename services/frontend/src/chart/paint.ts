import type uPlot from "uplot";
import type { Axis, NonFiniteMark } from "@/api/schema";
import type { Curve } from "./curve";
import { type Line, visible } from "./line";
import { paintBand } from "./paint-band";
import { projection } from "./projection";
import type { Range } from "./range";
import { middle } from "./x-axis";

export interface Ink {
  /** The value of a CSS custom property. */
  css: (property: string) => string;
  /** Of lines, in CSS pixels. */
  width: number;
}

const FAINT = 0.42;
const DASHED = 0.8;
const DASH = [6, 5];
/** So few points are shown as dots where they lie so far apart, in CSS pixels. */
const DOTS_UP_TO = 30;
const DOTS_FROM_PX = 10;

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
    paintBand(u, line.curve, at, colour, bands.length);
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
    if (areApart(u, curve, at)) paintDots(u, curve, smoothed, at, axis);
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

/** Whether there is room between the points for a dot at each. */
function areApart(u: uPlot, { x }: Curve, [begin, end]: readonly [number, number]): boolean {
  if (end - begin > DOTS_UP_TO) return false;
  const toX = projection(u, "x");
  const width = toX(x[end - 1] ?? 0) - toX(x[begin] ?? 0);
  return end - begin === 1 || width >= (end - begin - 1) * DOTS_FROM_PX * devicePixelRatio;
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
