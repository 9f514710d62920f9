"use client";

import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo } from "react";
import { api, unwrap } from "@/api/client";
import { Crosshair } from "@/chart/crosshair";
import { Extent } from "@/chart/extent";
import { type Range, settle } from "@/chart/range";
import type { ChartRun } from "./lines";
import { type Change, useView, type View } from "./view";
import { windowQuery } from "./window-query";

/** Something that happened to a run, to be marked on its charts. */
export interface Moment {
  step: number;
  /** Unix seconds. */
  ts: number;
  label: string;
}

/** What all charts of a page share. */
export interface ChartPage {
  runs: readonly ChartRun[];
  view: View;
  change: Change;
  extent: Extent;
  crosshair: Crosshair;
  moments: readonly Moment[];
  /** Shows this range inside the data, which reach so far; null shows everything. */
  onRange: (range: Range | null, data: Range) => void;
}

/** Fine enough that the first bucket tells where the data begin. */
const EXTENT_POINTS = 1_000;

/** The state that these runs' charts share. `runs` and `moments` stay the same objects while nothing in them changes. */
export function useChartPage(
  runs: readonly ChartRun[],
  moments: readonly Moment[],
  keys: readonly string[],
): ChartPage {
  const { view, change } = useView();
  const { axis } = view;
  const crosshair = useMemo(() => new Crosshair(), []);
  const identity = runs.map((run) => `${run.id} ${run.attempt}`).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: where other runs, or another attempt, reach is another matter
  const extent = useMemo(() => new Extent(), [identity, axis]);
  useWholeExtent(extent, identity, runs, view, keys[0]);

  const onRange = useCallback(
    (range: Range | null, data: Range) =>
      change({ span: range ? settle(range, data, axis) : { from: null, to: null } }),
    [change, axis],
  );
  return useMemo(
    () => ({ runs, view, change, extent, crosshair, moments, onRange }),
    [runs, view, change, extent, crosshair, moments, onRange],
  );
}

/** A page that is opened zoomed must find out how far it can be zoomed out. */
function useWholeExtent(extent: Extent, identity: string, runs: readonly ChartRun[], view: View, key?: string) {
  const zoomed = view.span.from !== null || view.span.to !== null;
  const { data } = useQuery({
    queryKey: ["metrics extent", identity, key, view.axis],
    queryFn: ({ signal }) => {
      const ids = runs.map((run) => run.id);
      const query = windowQuery(ids, key ?? "", view.axis, { from: null, to: null }, false, EXTENT_POINTS);
      return unwrap(api.GET("/api/metrics", { params: { query }, signal }));
    },
    enabled: zoomed && key !== undefined && runs.length > 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  useEffect(() => {
    if (data?.x === view.axis) extent.include(data.from_x, data.to_x);
  }, [data, extent, view.axis]);
}
