import type { Axis, NonFiniteMark, RunSeries } from "@/api/schema";
import { type Curve, joinCurve, type LivePoints, NO_POINTS } from "@/chart/curve";
import type { Line } from "@/chart/line";
import { smooth } from "@/chart/smooth";
import { firstSince, type StepStore } from "@/live/step-store";
import { t } from "@/messages";
import type { Window } from "./use-window";

/** A run as charts know it. */
export interface ChartRun {
  id: string;
  name: string;
  /** The newest; a new one changes what the curves are. */
  attempt: number;
  /** A CSS custom property. */
  colour: string;
}

/** A metric of these runs as it is drawn: the window, what has arrived behind it, and what was superseded. */
export function linesOf(
  metric: string,
  runs: readonly ChartRun[],
  window: Window,
  storeOf: (runId: string) => StepStore | undefined,
  smoothing: number,
): Line[] {
  const { metrics, span, stands } = window;
  return runs.flatMap((run) => {
    const held = metrics.runs.filter((one) => one.run_id === run.id);
    const shown = held.find((one) => one.attempt === null);
    if (!shown) return [];
    const stand = stands.get(run.id);
    const store = storeOf(run.id);
    const fresh = span.to === null && store && store === stand?.store;
    const live = fresh ? livePoints(metric, store, stand.mark, metrics.x, shown.t0) : NO_POINTS;
    const series = shown.series.find((one) => one.key === metric);
    const curve = joinCurve(series, metrics.bucket, metrics.to_x, live);
    const line = { id: run.id, runId: run.id, name: run.name, colour: run.colour, curve };
    return [
      ...supersededLines(metric, run, held, window, smoothing),
      { ...line, smoothed: smooth(curve.mean, smoothing), superseded: false },
    ];
  });
}

/** What has arrived of a metric since the mark, on the axis. */
function livePoints(metric: string, store: StepStore, mark: number, axis: Axis, t0: number | null): LivePoints {
  const tail = store.tailOf(metric);
  const begin = tail ? firstSince(tail, mark) : 0;
  if (!tail || begin === tail.step.length) return NO_POINTS;
  const place = (i: number) =>
    axis === "step" ? tail.step[i] : (tail.ts[i] as number) - (axis === "wall" ? 0 : (t0 ?? 0));
  const points: LivePoints = { firstX: place(begin) as number, x: [], value: [], nonfinite: [] };
  const column = tail.values.get(metric) ?? [];
  for (let i = begin; i < tail.step.length; i++) {
    const value = column[i];
    if (value === null || value === undefined) continue;
    points.x.push(place(i) as number);
    points.value.push(value);
  }
  for (const { step, what } of tail.nonfinite.get(metric) ?? []) {
    const i = tail.step.indexOf(step, begin);
    if (i >= 0) points.nonfinite.push({ x: place(i) as number, step, what, count: 1 } satisfies NonFiniteMark);
  }
  return points;
}

/** Each older attempt where a newer one has written again. On a time axis it cannot be told where, and the whole is shown. */
function supersededLines(
  metric: string,
  run: ChartRun,
  held: readonly RunSeries[],
  { metrics }: Window,
  smoothing: number,
): Line[] {
  const attempts = held
    .flatMap(({ attempt, series }) => {
      const found = series.find((one) => one.key === metric);
      return attempt !== null && found && found.x.length > 0 ? [{ attempt, series: found }] : [];
    })
    .sort((a, b) => a.attempt - b.attempt);
  return attempts.slice(0, -1).flatMap(({ attempt, series }, i) => {
    const again = Math.min(...attempts.slice(i + 1).map((newer) => newer.series.x[0] as number));
    const curve = joinCurve(series, metrics.bucket, metrics.to_x, NO_POINTS);
    const begin = metrics.x === "step" ? curve.x.findIndex((x) => x >= again) : 0;
    if (begin < 0) return [];
    const smoothed = smooth(curve.mean, smoothing);
    const line = {
      id: `${run.id} ${attempt}`,
      runId: run.id,
      name: t("metrics.lineOfAttempt", { run: run.name, attempt: String(attempt) }),
    };
    const kept = { curve: from(curve, begin), smoothed: smoothed.slice(begin) };
    return [{ ...line, ...kept, colour: run.colour, superseded: true }];
  });
}

const from = (curve: Curve, begin: number): Curve => ({
  ...curve,
  x: curve.x.slice(begin),
  mean: curve.mean.slice(begin),
  low: curve.low.slice(begin),
  high: curve.high.slice(begin),
  count: curve.count?.slice(begin) ?? null,
  nonfinite: [],
});
