import uPlot from "uplot";
import type { Axis } from "@/api/schema";
import { number } from "@/ui/format";
import { bulkExtent, yExtent } from "./line";
import { type Ink, paintLines } from "./paint";
import { paintMarks, paintNonFinite } from "./paint-marks";
import { lookOf, type Picture } from "./picture";
import { listen, type PointerInput, takeSelection } from "./pointer";
import type { Range } from "./range";
import { xTicks } from "./x-axis";

export interface PlotInput extends PointerInput {
  axis: Axis;
  log: boolean;
  /** Whether the y axis reaches only as far as the bulk of the values. */
  bulk: boolean;
  compact: boolean;
  /** Read anew at each drawing. */
  picture: () => Picture;
}

const NOT_SHOWN = -10;

/** Axes, grid, selection and crosshair by uPlot; the lines by ourselves, for each has an x of its own and a band. */
export class Plot {
  private readonly u: uPlot;
  private look = "";

  constructor(
    element: HTMLElement,
    private readonly input: PlotInput,
  ) {
    this.u = new uPlot(options(element, input), [[0, 1]], element);
    listen(this.u, input);
    this.draw();
  }

  /** Show what the picture is by now, if that can be seen. */
  draw() {
    const picture = this.input.picture();
    const look = lookOf(picture, (value) => this.u.valToPos(value, "y"));
    if (look === this.look && !this.moves(picture.range)) return;
    const [min, max] = picture.range;
    this.u.batch(() => this.u.setScale("x", { min, max }));
    this.look = lookOf(picture, (value) => this.u.valToPos(value, "y"));
  }

  /** Whether either end of the range lies half a pixel from where it was drawn. */
  private moves([from, to]: Range): boolean {
    const { min = 0, max = 1 } = this.u.scales.x ?? {};
    const pixel = (max - min) / this.u.over.clientWidth;
    return Math.abs(from - min) * 2 > pixel || Math.abs(to - max) * 2 > pixel;
  }

  /** The vertical line at this place, or none. */
  point(x: number | null) {
    const { min = 0, max = 1 } = this.u.scales.x ?? {};
    const inside = x !== null && x >= min && x <= max;
    this.u.setCursor({ left: inside ? this.u.valToPos(x, "x") : NOT_SHOWN, top: NOT_SHOWN }, false);
  }

  resize(width: number, height: number) {
    if (width !== this.u.width || height !== this.u.height) this.u.setSize({ width, height });
  }

  destroy() {
    this.u.destroy();
  }
}

function options(element: HTMLElement, input: PlotInput): uPlot.Options {
  const { axis, log, compact } = input;
  const ink = inkOf(compact);
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  const look = { stroke: ink.css("--muted"), font, ticks: { show: false }, gap: 6 };
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    padding: [10, 24, 0, 0],
    scales: {
      x: { time: axis === "wall", auto: false, range: (_, min, max) => [min, max] },
      y: { distr: log ? 3 : 1, range: () => yRange(input.picture(), input) },
    },
    axes: [
      { ...look, size: 26, grid: { show: false }, ...xTicks(axis) },
      {
        ...look,
        size: compact ? 48 : 56,
        space: compact ? 24 : 40,
        grid: { stroke: ink.css("--grid"), width: 1 },
        values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : number(tick, 3))),
      },
    ],
    series: [{}],
    legend: { show: false },
    // A double click would set uPlot's own idea of the whole.
    cursor: { drag: { x: true, y: false, setScale: false }, y: false, bind: { dblclick: () => null } },
    hooks: {
      setSelect: [(u) => takeSelection(u, input)],
      draw: [
        (u) => {
          const { lines, range, marks } = input.picture();
          paintMarks(u, marks, ink, font, !compact);
          paintLines(u, lines, axis, range, ink);
          paintNonFinite(u, lines, ink);
        },
      ],
    },
  };
}

/** The page's colours, looked up once: a plot is made anew when the theme changes. */
function inkOf(compact: boolean): Ink {
  const style = getComputedStyle(document.documentElement);
  const held = new Map<string, string>();
  const css = (property: string) => {
    const value = held.get(property) ?? style.getPropertyValue(property).trim();
    held.set(property, value);
    return value;
  };
  return { css, width: compact ? 1.5 : 2 };
}

function yRange({ lines, range }: Picture, { log, bulk }: PlotInput): uPlot.Range.MinMax {
  const [low, high] = (bulk ? bulkExtent : yExtent)(lines, range, log) ?? [log ? 0.1 : 0, 1];
  return log ? logRange(low, high) : uPlot.rangeNum(low, high, 0.1, true);
}

/** uPlot's ticks on a log axis begin at its lower end, so that must be a round number of its own magnitude. */
function logRange(low: number, high: number): uPlot.Range.MinMax {
  const magnitude = (value: number) => 10 ** Math.floor(Math.log10(value));
  const round = (value: number, to: (value: number) => number) => to(value / magnitude(value)) * magnitude(value);
  return [round(low, Math.floor), round(high * 1.05, Math.ceil)];
}
