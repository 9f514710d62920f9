"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, unwrap } from "@/api/client";
import type { Metrics, Series } from "@/api/schema";
import { type Curve, joinCurve } from "@/chart/curve";
import { useLiveStatus } from "@/live/provider";
import { type Kind, REFETCH_POINTS, type StepStore } from "@/live/step-store";
import { useSteps } from "@/live/use-steps";

const BUCKETS = 1_000;
const POLL_MS = 5_000;
/** A socket that has not come by then (a proxy that passes none) must not keep the curves away. */
const PATIENCE_MS = 2_000;

/** The steps that are shown; null is the run's own end, and a null `to` follows it. */
export interface View {
  from: number | null;
  to: number | null;
}

/** A fetched window, and how many live points had arrived when it was asked for. */
export interface Window {
  metrics: Metrics;
  series: ReadonlyMap<string, Series>;
  mark: number;
}

/** The window of all of a run's metrics, fetched so that the live steps join it without a gap. */
export function useWindow(runId: string, attempt: number, keys: readonly string[], view: View): Window | undefined {
  const { coverage, store, version } = useSteps(runId, 1_000);
  const status = useLiveStatus();
  const waited = usePatience(coverage);
  const follows = view.to === null;

  const { data, refetch, isFetching } = useQuery({
    queryKey: ["metrics", runId, attempt, keys, view.from, view.to, coverage],
    queryFn: async ({ signal }): Promise<Window> => {
      const mark = store?.arrived ?? 0;
      const query = {
        run: [runId],
        buckets: BUCKETS,
        ...(view.from !== null && { from: view.from }),
        ...(view.to !== null && { to: view.to }),
      };
      const metrics = await unwrap(api.GET("/api/metrics", { params: { query }, signal }));
      const series = new Map(metrics.runs[0]?.series.map((one) => [one.key, one]));
      return { metrics, series, mark };
    },
    enabled: coverage > 0 || waited,
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 30_000,
    refetchInterval: status === "live" || !follows ? false : POLL_MS,
  });

  useEffect(() => {
    if (version && data && follows && !isFetching && (store?.since(data.mark) ?? 0) > REFETCH_POINTS) void refetch();
  }, [version, data, follows, isFetching, store, refetch]);

  useEffect(() => {
    if (data && follows && !isFetching) store?.trim(data.mark);
  }, [data, follows, isFetching, store]);

  return data;
}

function usePatience(coverage: number): boolean {
  const [waited, setWaited] = useState(false);
  useEffect(() => {
    if (coverage > 0) return;
    const timer = setTimeout(() => setWaited(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [coverage]);
  return waited;
}

/** One metric as it is drawn: the window, and the live steps behind it where the view follows the run. */
export function curveOf(
  key: string,
  window: Window | undefined,
  store: StepStore | undefined,
  follows: boolean,
): Curve {
  const { metrics } = window ?? {};
  const grid = {
    fromStep: metrics?.from_step ?? 1,
    toStep: metrics?.to_step ?? 0,
    bucketSteps: metrics?.bucket_steps ?? 1,
  };
  const tail = follows && window ? store?.get(store.kindOf(key) ?? kindByName(key)) : undefined;
  return joinCurve(key, window?.series.get(key), grid, tail, window?.mark ?? 0);
}

function kindByName(key: string): Kind {
  if (key.startsWith("eval/")) return "eval";
  return key.startsWith("system/") ? "system" : "step";
}
