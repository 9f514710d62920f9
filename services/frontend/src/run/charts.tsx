"use client";

import { useQueryClient } from "@tanstack/react-query";
import { parseAsBoolean, parseAsFloat, parseAsInteger, useQueryStates } from "nuqs";
import { memo, useCallback, useMemo, useRef } from "react";
import type { RunDetail } from "@/api/schema";
import { LineChart } from "@/chart/line-chart";
import type { Mark } from "@/chart/plot-options";
import { type Range, settle } from "@/chart/range";
import { useSteps } from "@/live/use-steps";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { count } from "@/ui/format";
import { useVisible } from "@/ui/use-visible";
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

/** As often as an eye follows a line that grows; the small charts need no more than a glance. */
const MAIN_EVERY_MS = 80;
const SMALL_EVERY_MS = 500;

interface Shown {
  runId: string;
  view: View & { smooth: number; log: boolean };
  window: Window | undefined;
  marks: readonly Mark[];
  onRange: (range: Range | null, head: number) => void;
}

type Props = Pick<RunDetail, "attempt" | "attempts" | "keys"> & { runId: string };

/** The run's curves. A memo: the run's summary moves with each step, and the charts have a pace of their own. */
export const Charts = memo(function Charts({ runId, attempt, attempts, keys }: Props) {
  const [view, setView] = useQueryStates(VIEW, { history: "replace" });
  const window = useWindow(runId, attempt, keys, view);
  const marks = useMemo(
    () =>
      attempts.flatMap(({ attempt, first_step }) =>
        attempt > 1 && first_step !== null ? [{ step: first_step, label: `attempt ${attempt}` }] : [],
      ),
    [attempts],
  );
  const onRange = useCallback(
    (range: Range | null, head: number) => {
      const settled = range && settle(range, head);
      void setView({ from: settled?.from ?? null, to: settled?.to ?? null });
    },
    [setView],
  );
  const shown: Shown = { runId, view, window, marks, onRange };
  const zoomed = view.from !== null || view.to !== null;
  const keyMetrics = KEY_METRICS.filter((key) => keys.includes(key));

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
      </Card>
      {keyMetrics.length > 0 && (
        <Card title="Metrics">
          <SmallCharts {...shown} names={keyMetrics} />
        </Card>
      )}
      {groupMetrics(keys).map(([group, names]) => (
        <MetricGroup key={group} runId={runId} window={window} group={group} names={names}>
          <SmallCharts {...shown} names={names} />
        </MetricGroup>
      ))}
    </>
  );
});

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
  runId,
  view,
  window,
  marks,
  onRange,
  name,
  compact = false,
}: Shown & { name: string; compact?: boolean }) {
  const host = useRef<HTMLDivElement>(null);
  const queries = useQueryClient();
  const visible = useVisible(host);
  const everyMs = !compact ? MAIN_EVERY_MS : visible ? SMALL_EVERY_MS : Number.POSITIVE_INFINITY;
  const { store, version } = useSteps(runId, everyMs);
  const follows = view.to === null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the store changes in place, and `version` says when
  const curve = useMemo(() => curveOf(name, window, store, follows), [name, window, store, follows, version]);
  const step = queries.getQueryData<RunDetail>(["run", runId])?.step ?? 0;
  const head = Math.max(step, window && follows ? window.metrics.to_step : 0, curve.lastStep, 1);
  return (
    <div ref={host} className="min-w-0">
      <LineChart
        name={name}
        curve={curve}
        range={[view.from ?? 0, view.to ?? head]}
        smoothing={isNoisy(name) ? view.smooth : 0}
        log={view.log && !compact}
        marks={marks}
        syncKey={runId}
        compact={compact}
        onRange={(range) => onRange(range, head)}
      />
    </div>
  );
}
