"use client";

import { type KeyboardEvent, type ReactNode, useEffect, useEffectEvent, useRef, useState } from "react";
import type { Axis } from "@/api/schema";
import { t } from "@/messages";
import { measured } from "@/ui/format";
import { ChartTable } from "./chart-table";
import type { Crosshair } from "./crosshair";
import { Legend, NonFiniteNote } from "./legend";
import type { Line } from "./line";
import type { Mark } from "./paint-marks";
import { Plot } from "./plot";
import { RANGE_KEYS, type Range } from "./range";
import { neighbour, read, valueText } from "./reading";
import { axisLabel, placeText } from "./x-axis";

interface Props {
  /** The metric, which names the chart. */
  name: string;
  lines: readonly Line[];
  axis: Axis;
  range: Range;
  log: boolean;
  /** Whether the y axis reaches only as far as the bulk of the values. */
  bulk: boolean;
  marks: readonly Mark[];
  /** Charts with the same one point together. */
  crosshair: Crosshair;
  compact: boolean;
  /** Whether it is on the screen: else nothing is drawn. */
  visible: boolean;
  /** Whether its first data are on their way. */
  loading: boolean;
  asTable: boolean;
  /** Beside the legend. */
  aside: ReactNode;
  /** Told of every zoom and pan; null asks for everything. */
  onRange: (range: Range | null) => void;
}

const POINT_KEYS: Record<string, -1 | 1> = { ArrowLeft: -1, ArrowRight: 1 };

/** One metric of some runs on a canvas, or as a table. */
export function LineChart(props: Props) {
  const { name, lines, axis, range, log, bulk, marks, crosshair, compact, visible, loading, asTable } = props;
  const { aside, onRange } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot>(null);
  const [spoken, setSpoken] = useState("");
  const drawn = visible && !asTable;

  const picture = useEffectEvent(() => ({ lines, range, marks }));
  const told = useEffectEvent(onRange);

  useEffect(() => {
    const element = host.current;
    if (!element || !drawn) return;
    const build = () => {
      plot.current?.destroy();
      plot.current = new Plot(element, {
        axis,
        log,
        bulk,
        compact,
        picture: () => picture(),
        range: () => picture().range,
        onRange: (next) => told(next),
        onPoint: crosshair.set,
      });
    };
    build();
    const resize = new ResizeObserver(() => plot.current?.resize(element.clientWidth, element.clientHeight));
    const retheme = new MutationObserver(build);
    resize.observe(element);
    retheme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const stop = crosshair.subscribe(() => plot.current?.point(crosshair.get()));
    return () => {
      stop();
      resize.disconnect();
      retheme.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [drawn, axis, log, bulk, compact, crosshair]);

  const [from, to] = range;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the picture is read while drawing
  useEffect(() => {
    plot.current?.draw();
    plot.current?.point(crosshair.get());
  }, [lines, marks, from, to, crosshair]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = event.shiftKey ? POINT_KEYS[event.key] : undefined;
    const act = direction === undefined ? RANGE_KEYS[event.key] : undefined;
    if (direction !== undefined) {
      const next = neighbour(lines, crosshair.get() ?? to, direction);
      crosshair.set(next);
      setSpoken(sentence(lines, axis, next));
    } else if (act) onRange(act(range));
    else return;
    event.preventDefault();
  };

  const points = lines.reduce((sum, line) => sum + line.curve.x.length, 0);
  const empty = points === 0 && lines.every((line) => line.curve.nonfinite.length === 0);
  const lastX = Math.max(...lines.map((line) => line.curve.lastX));
  return (
    <figure
      data-testid={`chart-${name}`}
      data-points={points}
      data-last-step={axis === "step" && points > 0 ? lastX : undefined}
      data-bucket={lines[0]?.curve.bucket ?? undefined}
    >
      <figcaption
        className={`flex min-h-5 items-baseline gap-x-3 gap-y-0.5 px-1 pb-1 text-xs ${lines.length > 1 ? "max-sm:flex-wrap" : ""}`}
      >
        <span className={compact ? "min-w-16 max-w-full shrink truncate font-medium" : "sr-only"} title={name}>
          {name}
        </span>
        <Legend lines={lines} axis={axis} crosshair={crosshair} end={to} compact={compact} />
        {aside}
      </figcaption>
      {asTable ? (
        <ChartTable name={name} lines={lines} range={range} axis={axis} />
      ) : (
        <div
          role="application"
          aria-roledescription={t("chart.role")}
          aria-label={t("chart.keys", { metric: name, axis: axisLabel(axis).toLowerCase() })}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes the arrow keys
          tabIndex={0}
          onKeyDown={onKeyDown}
          onBlur={() => crosshair.set(null)}
          className="relative rounded-sm"
        >
          <div
            ref={host}
            className={`w-full overflow-hidden font-sans ${compact ? "h-36" : empty ? "h-40" : "h-72 sm:h-80 xl:h-96"} ${empty ? "invisible" : ""}`}
          />
          {empty && (
            <p
              className={`absolute inset-0 grid place-items-center rounded-md text-muted text-xs ${loading ? "" : "border border-line border-dashed"}`}
            >
              {loading ? "" : compact ? t("chart.noValues") : t("chart.empty")}
            </p>
          )}
        </div>
      )}
      <NonFiniteNote lines={lines} />
      <p className="sr-only" aria-live="polite">
        {spoken}
      </p>
      {!asTable && <Summary name={name} axis={axis} lines={lines} />}
    </figure>
  );
}

/** The values of all lines at one place. */
function sentence(lines: readonly Line[], axis: Axis, at: number): string {
  const told = lines.flatMap((line) => {
    const reading = read(line, at);
    return reading ? [`${lines.length > 1 ? `${line.name} ` : ""}${valueText(reading, measured)}`] : [];
  });
  return `${placeText(axis, at)}: ${told.join(", ")}`;
}

/** What the canvas shows, for a screen reader. */
function Summary({ name, axis, lines }: { name: string; axis: Axis; lines: readonly Line[] }) {
  return lines.map((line) => {
    const { mean, low, lastX } = line.curve;
    if (mean.length === 0) return null;
    const lowest = low.reduce((a, b) => Math.min(a, b));
    return (
      <p key={line.id} className="sr-only">
        {t("chart.summary", {
          metric: name,
          run: line.name,
          first: measured(mean[0]),
          newest: measured(mean.at(-1)),
          place: placeText(axis, lastX),
          lowest: measured(lowest),
        })}
      </p>
    );
  });
}
