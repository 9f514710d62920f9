import type uPlot from "uplot";

/** Values to canvas pixels, once for many values; what a log axis has no place for lies below its end. */
export function projection(u: uPlot, scale: "x" | "y"): (value: number) => number {
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
