import type uPlot from "uplot";
import { type Column, columnsOf } from "./columns";
import type { Curve } from "./curve";
import { projection } from "./projection";
import { spikesOf } from "./spikes";

/** Of a single run's band; several lie over one another and share it. */
const BAND = 0.22;
const SPIKE = 0.75;

/**
 * Each bucket as a column from its lowest to its highest value, at least a pixel wide and high; spikes are drawn strong, for one
 * step in ten thousand has one column to be seen in. `bands`: how many lie over one another.
 */
export function paintBand(u: uPlot, curve: Curve, at: readonly [number, number], colour: string, bands: number) {
  const { ctx, bbox } = u;
  const seen = [bbox.left, bbox.left + bbox.width] as const;
  const canvas = { toX: projection(u, "x"), toY: projection(u, "y"), seen, ratio: devicePixelRatio };
  const columns = columnsOf(curve, at, canvas);
  ctx.strokeStyle = colour;
  ctx.globalAlpha = BAND / Math.sqrt(bands);
  ctx.stroke(pathOf(columns));
  ctx.globalAlpha = SPIKE;
  ctx.stroke(pathOf(spikesOf(columns, devicePixelRatio)));
}

function pathOf(columns: readonly Column[]): Path2D {
  const path = new Path2D();
  for (const { left, right, top, bottom } of columns) {
    for (let x = left + 0.5; x < right; x++) {
      path.moveTo(x, top);
      path.lineTo(x, bottom);
    }
  }
  return path;
}
