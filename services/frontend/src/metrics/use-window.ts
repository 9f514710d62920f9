"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, unwrap } from "@/api/client";
import type { Metrics } from "@/api/schema";
import type { Span } from "@/chart/range";
import type { LiveConnection } from "@/live/connection";
import { useLive, useLiveStatus } from "@/live/provider";
import { REFETCH_POINTS, type StepStore } from "@/live/step-store";
import { useSteps } from "@/live/use-steps";
import type { View } from "./view";
import { windowQuery } from "./window-query";

const POLL_MS = 5_000;
/** A socket that has not come by then (a proxy that passes none) must not keep the curves away. */
const PATIENCE_MS = 2_000;
/** How often a window is held against what has arrived, and at most fetched anew. */
const CHECK_MS = 1_000;
/** A zoom or pan has come to rest after this. */
const REST_MS = 120;

/** Where a run's live points stood when a window was asked for. */
interface Stand {
  store: StepStore | undefined;
  attempt: number;
  mark: number;
}

/** A fetched window of one metric, and per run which live points it lacks. */
export interface Window {
  metrics: Metrics;
  span: Span;
  stands: ReadonlyMap<string, Stand>;
}

/**
 * One metric of these watched runs, fetched so that the live steps join it without a gap. The last window stays until the next
 * one is there. `points` is how many the chart can show; nothing is fetched for 0.
 */
export function useWindow(metric: string, runIds: readonly string[], view: View, points: number) {
  const live = useLive();
  const onScreen = points > 0;
  useSteps(runIds, onScreen ? CHECK_MS : Number.POSITIVE_INFINITY);
  const status = useLiveStatus();
  const covered = runIds.every((id) => live.coverage(id) > 0);
  const waited = usePatience(covered);
  const from = useRested(view.span.from);
  const to = useRested(view.span.to);
  const buckets = useLast(points);

  const { data, dataUpdatedAt, error, refetch, isFetching, isPlaceholderData } = useQuery({
    queryKey: ["metrics", metric, runIds, view.axis, from, to, view.superseded, buckets],
    queryFn: async ({ signal }): Promise<Window> => {
      const span = { from, to };
      const stands = new Map(runIds.map((id) => [id, standOf(live, id)]));
      const query = windowQuery(runIds, metric, view.axis, span, view.superseded, buckets);
      return { metrics: await unwrap(api.GET("/api/metrics", { params: { query }, signal })), span, stands };
    },
    enabled: onScreen && runIds.length > 0 && (covered || waited),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 30_000,
    refetchInterval: status === "live" || to !== null ? false : POLL_MS,
  });

  const behind = data !== undefined && !isPlaceholderData && isBehind(data, live, buckets);
  useEffect(() => {
    if (!onScreen || !behind || isFetching) return;
    const timer = setTimeout(() => void refetch(), dataUpdatedAt + CHECK_MS - Date.now());
    return () => clearTimeout(timer);
  }, [onScreen, behind, isFetching, dataUpdatedAt, refetch]);

  const known = data?.metrics.x === view.axis ? data : undefined;
  return { window: known, behind: behind || isPlaceholderData, loading: known === undefined && error === null };
}

function standOf(live: LiveConnection, runId: string): Stand {
  const store = live.store(runId);
  return { store, attempt: store?.attempt ?? 0, mark: store?.arrived ?? 0 };
}

/** Whether live points alone cannot make the window what it should be by now. */
function isBehind({ metrics, span, stands }: Window, live: LiveConnection, buckets: number): boolean {
  for (const [runId, stand] of stands) {
    const store = live.store(runId);
    if (store !== stand.store) return true;
    if (!store) continue;
    if (store.attempt !== stand.attempt) return true;
    if (span.to === null && store.since(stand.mark) > (metrics.bucket === null ? buckets : REFETCH_POINTS)) return true;
  }
  return false;
}

function usePatience(covered: boolean): boolean {
  const [waited, setWaited] = useState(false);
  useEffect(() => {
    if (covered) return;
    const timer = setTimeout(() => setWaited(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [covered]);
  return waited;
}

/** The value once it has not changed for a moment. */
function useRested<T>(value: T): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), REST_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}

/** The last number that was not 0: what was fetched for a chart stays its own while it is off the screen. */
function useLast(value: number): number {
  const [last, setLast] = useState(value);
  if (value !== 0 && value !== last) setLast(value);
  return value || last;
}
