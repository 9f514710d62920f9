"use client";

import {
  parseAsBoolean,
  parseAsFloat,
  parseAsInteger,
  parseAsString,
  parseAsStringLiteral,
  useQueryStates,
} from "nuqs";
import { useCallback, useMemo } from "react";
import type { Filter, paths, RuleRead } from "@/api/schema";

type Query = NonNullable<paths["/api/datasets/{dataset_id}/items"]["get"]["parameters"]["query"]>;
export type RuleId = RuleRead["id"];
export type Kind = NonNullable<Query["kind"]>;
export type State = NonNullable<Query["state"]>;
export type Side = NonNullable<Query["split"]>;
export type Conversion = NonNullable<Query["conversion"]>;
export type Sort = NonNullable<Query["sort"]>;

export const KINDS = ["all", "video", "image"] as const satisfies readonly Kind[];
export const STATES = ["all", "used", "quarantined"] as const satisfies readonly State[];
export const SIDES = ["train", "validation"] as const satisfies readonly Side[];
/** What may be converted of a file for training. */
export const CONVERSIONS = [
  "hdr",
  "wide_gamut",
  "profile",
  "cmyk",
  "interlaced",
  "non_square",
  "variable_rate",
  "alpha",
  "turned",
  "mirrored",
] as const satisfies readonly Conversion[];
export const SORTS = [
  "order",
  "file",
  "size",
  "frames",
  "duration",
  "caption",
  "motion",
  "cut",
  "sharpness",
  "brightness",
] as const satisfies readonly Sort[];

/** Which items the grid shows, in which order. It is in the address, and so is the one that is open. */
export interface GridView {
  rule: RuleId | null;
  kind: Kind;
  state: State;
  split: Side | null;
  conversion: Conversion | null;
  /** Frames a second, as the items have them. */
  fps: number | null;
  q: string;
  sort: Sort;
  descending: boolean;
}

const VIEW = {
  rule: parseAsString,
  kind: parseAsStringLiteral(KINDS).withDefault("all"),
  state: parseAsStringLiteral(STATES).withDefault("all"),
  split: parseAsStringLiteral(SIDES),
  conversion: parseAsStringLiteral(CONVERSIONS),
  fps: parseAsFloat,
  q: parseAsString.withDefault(""),
  sort: parseAsStringLiteral(SORTS).withDefault("order"),
  desc: parseAsBoolean.withDefault(false),
  item: parseAsInteger,
};

export function useGridView() {
  const [{ item, ...shown }, set] = useQueryStates(VIEW, { history: "replace" });
  const { rule, kind, state, split, conversion, fps, q, sort, desc } = shown;
  const view: GridView = useMemo(
    () => ({ rule: rule as RuleId | null, kind, state, split, conversion, fps, q, sort, descending: desc }),
    [rule, kind, state, split, conversion, fps, q, sort, desc],
  );
  const change = useCallback(
    ({ descending, ...more }: Partial<GridView>) => {
      // The open item may not be among those that are shown then.
      void set({ ...more, ...(descending !== undefined && { desc: descending }), item: null });
    },
    [set],
  );
  const open = useCallback((id: number | null) => void set({ item: id }), [set]);
  return { view, change, item, open };
}

/** The filter as the API takes it. */
export function filterOf({ rule, kind, state, split, conversion, fps, q }: GridView): Filter {
  return { rule, kind, state, split, conversion, fps, q };
}

/** As the query of a list of items: what is as it is by default is left out. */
export function queryOf({ sort, descending, ...view }: GridView) {
  const { rule, kind, state, split, conversion, fps, q } = view;
  return {
    ...(rule && { rule }),
    ...(kind !== "all" && { kind }),
    ...(state !== "all" && { state }),
    ...(split && { split }),
    ...(conversion && { conversion }),
    ...(fps && { fps }),
    ...(q && { q }),
    ...(sort !== "order" && { sort }),
    ...(descending && { descending }),
  };
}

/** A view of all rows, in whichever order. */
export const UNFILTERED = {
  rule: null,
  kind: "all",
  state: "all",
  split: null,
  conversion: null,
  fps: null,
  q: "",
} as const satisfies Partial<GridView>;

export const isFiltered = (view: GridView) =>
  (Object.keys(UNFILTERED) as (keyof typeof UNFILTERED)[]).some((name) => view[name] !== UNFILTERED[name]);
