"use client";

import { parseAsBoolean, parseAsFloat, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { useCallback, useMemo } from "react";
import type { Axis } from "@/api/schema";
import type { Span } from "@/chart/range";
import { MAX_SMOOTHING } from "@/chart/smooth";

export const AXES = ["step", "relative", "wall"] as const satisfies readonly Axis[];

/** The view is in the address: a link to it is a link to exactly this picture. */
const VIEW = {
  x: parseAsStringLiteral(AXES).withDefault("step"),
  from: parseAsFloat,
  to: parseAsFloat,
  smooth: parseAsFloat.withDefault(0.6),
  log: parseAsBoolean.withDefault(false),
  bulk: parseAsBoolean.withDefault(false),
  superseded: parseAsBoolean.withDefault(false),
  metric: parseAsString.withDefault(""),
};

export interface View {
  axis: Axis;
  span: Span;
  /** The weight of the smoothing; 0 draws the curves as they are. */
  smoothing: number;
  log: boolean;
  /** Whether the y axes leave out what lies far from the bulk of the values. */
  bulk: boolean;
  /** Whether what a newer attempt has written again is shown too. */
  superseded: boolean;
  /** What the names of the metrics that are shown contain. */
  filter: string;
}

export function useView() {
  const [{ x, from, to, smooth, log, bulk, superseded, metric }, set] = useQueryStates(VIEW, { history: "replace" });
  const view: View = useMemo(
    () => ({
      axis: x,
      span: from !== null && to !== null && from >= to ? { from: null, to: null } : { from, to },
      smoothing: Math.min(MAX_SMOOTHING, Math.max(0, smooth)),
      log,
      bulk,
      superseded,
      filter: metric,
    }),
    [x, from, to, smooth, log, bulk, superseded, metric],
  );
  const change = useCallback(
    ({ axis, span, smoothing, log, bulk, superseded, filter }: Partial<View>) => {
      // A span is in the axis' own units.
      const moved = span ?? (axis === undefined ? undefined : { from: null, to: null });
      void set({
        ...(axis !== undefined && { x: axis }),
        ...moved,
        ...(smoothing !== undefined && { smooth: smoothing }),
        ...(log !== undefined && { log }),
        ...(bulk !== undefined && { bulk }),
        ...(superseded !== undefined && { superseded }),
        ...(filter !== undefined && { metric: filter || null }),
      });
    },
    [set],
  );
  return { view, change };
}

export type Change = ReturnType<typeof useView>["change"];
