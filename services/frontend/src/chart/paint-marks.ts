import type uPlot from "uplot";
import type { Line } from "./line";
import type { Ink } from "./paint";

/** A place on the x axis that has a name. */
export interface Mark {
  x: number;
  label: string;
}

/** Dashed verticals with their names, where there is room for names. */
export function paintMarks(u: uPlot, marks: readonly Mark[], ink: Ink, font: string, named: boolean) {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ink.css("--edge");
  ctx.fillStyle = ink.css("--muted");
  ctx.lineWidth = ratio;
  ctx.setLineDash([3 * ratio, 3 * ratio]);
  ctx.font = font.replace(/^\d+/, (size) => String(Number(size) * ratio));
  ctx.textBaseline = "top";
  for (const { x: at, label } of marks) {
    const x = Math.round(u.valToPos(at, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    if (!named) continue;
    const fits = x + ctx.measureText(label).width + 6 * ratio < bbox.left + bbox.width;
    ctx.textAlign = fits ? "left" : "right";
    ctx.fillText(label, x + (fits ? 5 : -5) * ratio, bbox.top + 2 * ratio);
  }
  ctx.restore();
}

/** What is not finite, at its x: a triangle at the top for inf, one at the bottom for -inf, a cross at the bottom for NaN. */
export function paintNonFinite(u: uPlot, lines: readonly Line[], ink: Ink) {
  const { ctx, bbox } = u;
  const size = 4 * devicePixelRatio;
  const bottom = bbox.top + bbox.height;
  const runs = new Set(lines.map((line) => line.runId)).size;
  ctx.save();
  ctx.lineWidth = 2 * devicePixelRatio;
  for (const { curve, colour, superseded } of lines) {
    if (superseded) continue;
    ctx.fillStyle = ctx.strokeStyle = ink.css(runs > 1 ? colour : "--failed");
    ctx.beginPath();
    for (const { x: at, what } of curve.nonfinite) {
      const x = u.valToPos(at, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      if (what === "nan") {
        ctx.moveTo(x - size, bottom - 2 * size - 2);
        ctx.lineTo(x + size, bottom - 2);
        ctx.moveTo(x + size, bottom - 2 * size - 2);
        ctx.lineTo(x - size, bottom - 2);
        continue;
      }
      const tip = what === "inf" ? bbox.top : bottom;
      const base = what === "inf" ? tip + 1.7 * size : tip - 1.7 * size;
      ctx.moveTo(x, tip);
      ctx.lineTo(x - size, base);
      ctx.lineTo(x + size, base);
      ctx.closePath();
    }
    ctx.stroke();
    ctx.fill();
  }
  ctx.restore();
}
