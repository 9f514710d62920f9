"use client";

import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { Axis } from "@/api/schema";
import { runColour } from "@/chart/colours";
import { isPositive, type Line } from "@/chart/line";
import { LineChart } from "@/chart/line-chart";
import type { Range } from "@/chart/range";
import type { LiveConnection } from "@/live/connection";
import { useLive } from "@/live/provider";
import { useSteps } from "@/live/use-steps";
import { t } from "@/messages";
import { Table } from "@/ui/icons";
import { useOnScreen } from "@/ui/use-on-screen";
import type { ChartPage } from "./chart-page";
import { type ChartRun, linesOf } from "./lines";
import { isNoisy } from "./metric-groups";
import { useWindow, type Window } from "./use-window";
import { pointsIn } from "./window-query";

/** A large chart moves with each news; small ones and tables need no more than a glance. */
const EVERY_MS = 0;
const GLANCE_MS = 1_000;

interface Props {
  metric: string;
  page: ChartPage;
  compact?: boolean;
  /** A metric that is drawn as well, of a single run. */
  beside?: string | undefined;
}

/** One metric of the page's runs. Off the screen it neither fetches nor draws. */
export function MetricChart({ metric, page, compact = false, beside }: Props) {
  const { runs, view, extent, crosshair, moments, onRange } = page;
  const host = useRef<HTMLDivElement>(null);
  const live = useLive();
  const width = useOnScreen(host);
  const [asTable, setAsTable] = useState(false);
  const ids = useMemo(() => runs.map((run) => run.id), [runs]);
  const { window, behind, loading } = useWindow(metric, ids, view, pointsIn(width));
  const { window: windowBeside } = useWindow(beside ?? metric, ids, view, beside ? pointsIn(width) : 0);

  const everyMs = asTable || compact ? GLANCE_MS : EVERY_MS;
  const version = useSteps(ids, width > 0 ? everyMs : Number.POSITIVE_INFINITY);
  const smoothing = isNoisy(metric) ? view.smoothing : 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the stores change in place, and `version` says when
  const lines = useMemo(() => {
    const storeOf = (id: string) => live.store(id);
    const main = window ? linesOf(metric, runs, window, storeOf, smoothing) : [];
    if (!beside || !windowBeside) return main;
    const second = linesOf(beside, runs.map(secondOf), windowBeside, storeOf, smoothing);
    return [...main.map((line) => renamed(line, metric)), ...second.map((line) => renamed(line, beside))];
  }, [metric, beside, runs, window, windowBeside, live, smoothing, version]);

  useEffect(() => {
    if (!window || behind || lines.every((line) => line.curve.x.length === 0)) return;
    const { metrics, span } = window;
    extent.include(span.from === null ? metrics.from_x : null, span.to === null ? metrics.to_x : null);
  }, [window, behind, lines, extent]);
  const [low, reached] = useSyncExternalStore(extent.subscribe, extent.get, () => null) ?? reachOf(window);
  const head = Math.max(reached, view.span.to === null && window ? liveHead(live, window) : reached);
  const { from, to } = view.span;
  const range = spread(from ?? low, to ?? head);

  const marks = useMemo(
    () => moments.map((moment) => ({ x: placeOf(moment, view.axis, window), label: moment.label })),
    [moments, view.axis, window],
  );

  return (
    <div ref={host} className="min-w-0">
      <LineChart
        name={beside ? `${metric}, ${beside}` : metric}
        lines={lines}
        axis={view.axis}
        range={range}
        log={view.log && (!compact || isPositive(lines))}
        bulk={view.bulk}
        marks={marks}
        crosshair={crosshair}
        compact={compact}
        visible={width > 0}
        loading={loading}
        asTable={asTable}
        onRange={(next) => onRange(next, [low, head])}
        aside={
          <button
            type="button"
            aria-pressed={asTable}
            aria-label={t("metrics.asTable", { metric })}
            title={asTable ? t("metrics.showChart") : t("metrics.showTable")}
            onClick={() => setAsTable(!asTable)}
            className={`-my-1 ml-auto self-center rounded p-1 hover:bg-sunken hover:text-ink ${asTable ? "bg-sunken text-ink" : "text-muted"}`}
          >
            <Table className="size-3.5" />
          </button>
        }
      />
    </div>
  );
}

const secondOf = (run: ChartRun): ChartRun => ({ ...run, colour: runColour(1) });

/** A line of a chart of several metrics, told apart by its metric. */
const renamed = (line: Line, metric: string): Line => ({ ...line, id: `${line.id} ${metric}`, name: metric });

/** How far the window reaches, for the one drawing before the page's extent holds it. */
const reachOf = (window: Window | undefined): Range => [
  window?.metrics.from_x ?? Number.NEGATIVE_INFINITY,
  window?.metrics.to_x ?? Number.NEGATIVE_INFINITY,
];

/** How far the live points of the window's runs have come on its axis. */
function liveHead(live: LiveConnection, { metrics }: Window): number {
  return metrics.runs.reduce((furthest, { run_id, t0 }) => {
    const head = live.store(run_id)?.head();
    if (!head) return furthest;
    const place = metrics.x === "step" ? head.step : metrics.x === "wall" ? head.ts : head.ts - (t0 ?? head.ts);
    return Math.max(furthest, place);
  }, Number.NEGATIVE_INFINITY);
}

function placeOf({ step, ts }: ChartPage["moments"][number], axis: Axis, window: Window | undefined): number {
  if (axis === "step") return step;
  return axis === "wall" ? ts : ts - (window?.metrics.runs[0]?.t0 ?? ts);
}

/** A range that can be drawn: known at both ends, and not of one point. */
function spread(low: number, high: number): Range {
  if (!Number.isFinite(low) && !Number.isFinite(high)) return [0, 1];
  if (!Number.isFinite(low)) return [high - 1, high];
  if (!Number.isFinite(high)) return [low, low + 1];
  return high > low ? [low, high] : [low - 0.5, low + 0.5];
}
