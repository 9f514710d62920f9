"use client";

import { parseAsNativeArrayOf, parseAsString, useQueryState } from "nuqs";
import { useCallback, useMemo } from "react";
import type { RunListItem } from "@/api/schema";
import { runColour } from "@/chart/colours";
import { addRun, removeRun, runsInSlots } from "@/runs/compared-runs";
import { useRuns } from "@/runs/queries";

export type BriefRun = Pick<RunListItem, "id" | "name" | "model" | "state" | "attempt" | "keys">;

/** What does not move with each step, so that the page does not either. */
const brief = (runs: RunListItem[]): BriefRun[] =>
  runs.map(({ id, name, model, state, attempt, keys }) => ({ id, name, model, state, attempt, keys }));

export interface Compared {
  id: string;
  colour: string;
  /** Undefined where there is none of this id. */
  run: BriefRun | undefined;
}

/** The runs that the address names, and those that could be added. */
export function useCompared() {
  const { data: runs, error } = useRuns(brief);
  const [slots, setSlots] = useQueryState(
    "run",
    parseAsNativeArrayOf(parseAsString).withOptions({ history: "replace" }),
  );
  const compared: Compared[] = useMemo(
    () =>
      runsInSlots(slots).map(({ id, slot }) => ({
        id,
        colour: runColour(slot),
        run: runs?.find((run) => run.id === id),
      })),
    [slots, runs],
  );
  const add = useCallback((id: string) => void setSlots((held) => [...addRun(held, id)]), [setSlots]);
  const remove = useCallback((id: string) => void setSlots((held) => [...removeRun(held, id)]), [setSlots]);
  return { runs, error, compared, add, remove };
}
