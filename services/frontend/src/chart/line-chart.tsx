"use client";

import { type KeyboardEvent, useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import { measured, number } from "@/ui/format";
import type { Curve } from "./curve";
import { COLUMN, type Mark, plotOptions } from "./plot-options";
import { KEYS, type Range } from "./range";
import { smooth } from "./smooth";

interface Props {
  /** The metric, which names the chart. */
  name: string;
  curve: Curve;
  range: Range;
  /** The weight of the smoothing; 0 draws the curve as it is. */
  smoothing: number;
  log: boolean;
  marks: readonly Mark[];
  /** Charts with the same key share a crosshair. */
  syncKey: string;
  colour?: string;
  compact?: boolean;
  /** Told of every zoom and pan; null asks for the whole run. */
  onRange: (range: Range | null) => void;
}

/** One metric against steps on a canvas: drag to zoom, shift-drag or arrows to pan, double click for everything. */
export function LineChart(props: Props) {
  const { name, curve, range, smoothing, log, marks, syncKey, colour = "--accent", compact = false, onRange } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const data = useMemo(() => columns(curve, smoothing, log), [curve, smoothing, log]);
  const plain = smoothing === 0 && curve.bucketSteps === 1;

  const current = useEffectEvent(() => ({ data, range }));
  const told = useEffectEvent(onRange);
  const currentMarks = useEffectEvent(() => marks);
  const currentNonFinite = useEffectEvent(() => curve.nonfinite);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const build = () => {
      plot.current?.destroy();
      const { data, range } = current();
      const options = plotOptions(element, {
        log,
        colour,
        plain,
        compact,
        syncKey,
        marks: () => currentMarks(),
        nonfinite: () => currentNonFinite(),
        onRange: (next) => told(next),
        onCursor: setCursor,
      });
      plot.current = new uPlot(options, data, element);
      plot.current.setScale("x", { min: range[0], max: range[1] });
    };
    build();
    const resize = new ResizeObserver(() => {
      plot.current?.setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    const retheme = new MutationObserver(build);
    resize.observe(element);
    retheme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      resize.disconnect();
      retheme.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [log, colour, plain, compact, syncKey]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: marks are read while drawing
  useEffect(() => {
    plot.current?.batch((u: uPlot) => {
      u.setData(data, false);
      u.setScale("x", { min: range[0], max: range[1] });
    });
    // Under a pointer that rests, another point may lie now.
    const { left = -1 } = plot.current?.cursor ?? {};
    setCursor(plot.current && left >= 0 ? plot.current.posToIdx(left) : null);
  }, [data, range[0], range[1], marks]);

  const onKeyDown = (event: KeyboardEvent) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    onRange(act(range));
  };

  const empty = curve.step.length === 0;
  const at = cursor !== null && cursor < curve.step.length ? cursor : curve.step.length - 1;
  return (
    <figure
      data-testid={`chart-${name}`}
      data-points={curve.mean.reduce<number>((count, value) => count + (value === null ? 0 : 1), 0)}
      data-last-step={curve.lastStep}
    >
      <figcaption className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 px-1 pb-1 text-xs">
        <span className={compact ? "font-medium" : "sr-only"}>{name}</span>
        <Readout curve={curve} smoothed={data[COLUMN.smoothed]} at={at} plain={plain} compact={compact} />
      </figcaption>
      <div
        role="application"
        aria-roledescription="chart"
        aria-label={`${name} against steps: arrow keys pan, plus and minus zoom, 0 shows everything`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes the arrow keys
        tabIndex={0}
        onKeyDown={onKeyDown}
        className="relative rounded-sm"
      >
        <div
          ref={host}
          className={`w-full overflow-hidden font-sans ${compact ? "h-36" : empty ? "h-40" : "h-72 sm:h-80 xl:h-96"} ${empty ? "invisible" : ""}`}
        />
        {empty && (
          <p className="absolute inset-0 grid place-items-center rounded-md border border-line border-dashed text-muted text-xs">
            {compact ? "No values yet" : "The curve begins with the first step."}
          </p>
        )}
      </div>
      {!compact && !empty && (
        <p className="px-1 pt-2 text-muted text-xs max-sm:hidden">
          Drag to zoom, double-click for the whole run, shift-drag to pan.
        </p>
      )}
      <Summary name={name} curve={curve} />
    </figure>
  );
}

type ReadoutProps = Pick<Required<Props>, "curve" | "compact"> & {
  smoothed: uPlot.AlignedData[number] | undefined;
  at: number;
  plain: boolean;
};

/** The values under the pointer, or else the newest. */
function Readout({ curve, smoothed, at, plain, compact }: ReadoutProps) {
  const step = curve.step[at];
  if (step === undefined) return null;
  const wide = curve.bucketSteps > 1;
  const last = Math.min(step + curve.bucketSteps - 1, curve.lastStep);
  return (
    <span className="ml-auto flex flex-wrap gap-x-3 text-muted tabular-nums">
      <span>
        step {step.toLocaleString("en")}
        {wide && !compact && last > step && `–${last.toLocaleString("en")}`}
      </span>
      {!plain && !compact && <span className="max-sm:hidden">smoothed {measured(smoothed?.[at] ?? null)}</span>}
      {wide && !compact && (
        <span className="max-sm:hidden">
          {measured(curve.low[at] ?? null)} to {measured(curve.high[at] ?? null)}
        </span>
      )}
      <span className="text-ink">{(compact ? number : measured)(curve.mean[at] ?? null)}</span>
    </span>
  );
}

/** What the canvas shows, for a screen reader. */
function Summary({ name, curve }: { name: string; curve: Curve }) {
  const values = curve.mean.filter((value) => value !== null);
  if (values.length === 0) return null;
  const lowest = values.reduce((a, b) => Math.min(a, b));
  return (
    <p className="sr-only">
      {name}: first {measured(values[0] ?? null)}, newest {measured(values.at(-1) ?? null)} at step {curve.lastStep},
      lowest {measured(lowest)}.
    </p>
  );
}

/** The curve as uPlot takes it. A logarithm has no place for zero and below: gaps. */
function columns(curve: Curve, smoothing: number, log: boolean): uPlot.AlignedData {
  const drawable = (values: (number | null)[]) =>
    log ? values.map((value) => (value !== null && value > 0 ? value : null)) : values;
  return [
    curve.step,
    drawable(smooth(curve.mean, smoothing)),
    drawable(curve.mean),
    drawable(curve.low),
    drawable(curve.high),
  ];
}
