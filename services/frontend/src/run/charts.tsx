"use client";

import { parseAsBoolean, parseAsFloat, parseAsInteger, useQueryStates } from "nuqs";
import { useMemo } from "react";
import type { RunDetail } from "@/api/schema";
import { LineChart } from "@/chart/line-chart";
import type { Mark } from "@/chart/plot-options";
import { type Range, settle } from "@/chart/range";
import { useSteps } from "@/live/use-steps";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { count } from "@/ui/format";
import { MetricGroup } from "./metric-group";
import { groupMetrics, isNoisy, KEY_METRICS, MAIN } from "./metric-groups";
import { curveOf, useWindow, type View, type Window } from "./use-metrics";

/** The view is in the address: a link to it is a link to exactly this picture. */
const VIEW = {
  from: parseAsInteger,
  to: parseAsInteger,
  smooth: parseAsFloat.withDefault(0.6),
  log: parseAsBoolean.withDefault(false),
};

/** Small charts need no more: the eye follows the big one. */
const SMALL_EVERY_MS = 400;

interface Shown {
  run: RunDetail;
  view: View & { smooth: number; log: boolean };
  window: Window | undefined;
  marks: readonly Mark[];
  onRange: (range: Range | null, head: number) => void;
}

export function Charts({ run }: { run: RunDetail }) {
  const [view, setView] = useQueryStates(VIEW, { history: "replace" });
  const window = useWindow(run, view);
  const marks = useMemo(
    () =>
      run.attempts.flatMap(({ attempt, first_step }) =>
        attempt > 1 && first_step !== null ? [{ step: first_step, label: `attempt ${attempt}` }] : [],
      ),
    [run.attempts],
  );
  const onRange = (range: Range | null, head: number) => {
    const settled = range && settle(range, head);
    void setView({ from: settled?.from ?? null, to: settled?.to ?? null });
  };
  const shown: Shown = { run, view, window, marks, onRange };
  const zoomed = view.from !== null || view.to !== null;
  const keys = KEY_METRICS.filter((key) => run.keys.includes(key));

  return (
    <>
      <Card
        title="Training loss"
        aside={
          <>
            {zoomed && (
              <Button tone="bare" small onClick={() => onRange(null, 0)}>
                Steps {count(view.from ?? 0)} to {view.to === null ? "newest" : count(view.to)} · show all
              </Button>
            )}
            <label className="flex items-center gap-2 text-muted text-xs">
              Smoothing
              <input
                type="range"
                min="0"
                max="0.99"
                step="0.01"
                value={view.smooth}
                onChange={(event) => void setView({ smooth: event.target.valueAsNumber })}
                className="w-24 sm:w-28"
              />
              <span className="w-7 text-ink tabular-nums">{view.smooth.toFixed(2)}</span>
            </label>
            <label className="flex items-center gap-1.5 text-muted text-xs">
              <input
                type="checkbox"
                checked={view.log}
                onChange={(event) => void setView({ log: event.target.checked })}
              />
              Log axis
            </label>
          </>
        }
      >
        <MetricChart {...shown} name={MAIN} />
        <p className="px-1 pt-2 text-muted text-xs max-sm:hidden">
          Drag to zoom, double-click for the whole run, shift-drag to pan.
        </p>
      </Card>
      {keys.length > 0 && (
        <Card title="Metrics">
          <SmallCharts {...shown} names={keys} />
        </Card>
      )}
      {groupMetrics(run.keys).map(([group, names]) => (
        <MetricGroup key={group} run={run} group={group} names={names}>
          <SmallCharts {...shown} names={names} />
        </MetricGroup>
      ))}
    </>
  );
}

function SmallCharts({ names, ...shown }: Shown & { names: readonly string[] }) {
  return (
    <div className="grid gap-x-5 gap-y-4 sm:grid-cols-2 2xl:grid-cols-4">
      {names.map((name) => (
        <MetricChart key={name} {...shown} name={name} compact />
      ))}
    </div>
  );
}

function MetricChart({
  run,
  view,
  window,
  marks,
  onRange,
  name,
  compact = false,
}: Shown & { name: string; compact?: boolean }) {
  const { store, version } = useSteps(run.id, compact ? SMALL_EVERY_MS : 0);
  const follows = view.to === null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the store changes in place, and `version` says when
  const curve = useMemo(() => curveOf(name, window, store, follows), [name, window, store, follows, version]);
  const head = Math.max(run.step, window && follows ? window.metrics.to_step : 0, curve.lastStep, 1);
  return (
    <LineChart
      name={name}
      curve={curve}
      range={[view.from ?? 0, view.to ?? head]}
      smoothing={isNoisy(name) ? view.smooth : 0}
      log={view.log && !compact}
      marks={marks}
      syncKey={run.id}
      compact={compact}
      onRange={(range) => onRange(range, head)}
    />
  );
}
