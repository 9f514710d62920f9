"use client";

import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type {
  GroupSplit,
  ItemRead,
  NoSplit,
  QuarantineChange,
  QuarantineList,
  Replacement,
  SeedSplit,
  Trigger,
} from "@/api/schema";
import { type GridView, queryOf } from "@/datasets/grid/grid-view";
import { keyOf } from "./queries";

export const PAGE_ITEMS = 100;
/** Pages that are kept once they are out of sight: some megabytes of captions. */
const KEPT_PAGES = 60;

const at = (id: number) => ({ params: { path: { dataset_id: id } } });

/** The query of one page of the grid; it is broken off where nobody waits for it any more. */
export function pageQuery(id: number, view: GridView, page: number) {
  const query = { ...queryOf(view), offset: page * PAGE_ITEMS, limit: PAGE_ITEMS };
  return {
    queryKey: [...keyOf(id), "items", query] as const,
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      unwrap(api.GET("/api/datasets/{dataset_id}/items", { params: { path: { dataset_id: id }, query }, signal })),
    gcTime: Number.POSITIVE_INFINITY,
  };
}

/** Forget the pages that were seen longest ago. */
export function forgetOldPages(queries: QueryClient, id: number, keep = KEPT_PAGES) {
  const idle = queries.getQueryCache().findAll({ queryKey: [...keyOf(id), "items"], type: "inactive" });
  if (idle.length <= keep) return;
  idle.sort((one, other) => one.state.dataUpdatedAt - other.state.dataUpdatedAt);
  for (const query of idle.slice(0, idle.length - keep)) queries.getQueryCache().remove(query);
}

export function useItem(id: number, itemId: number | null) {
  return useQuery({
    queryKey: [...keyOf(id), "item", itemId],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/datasets/{dataset_id}/items/{item_id}", {
          params: { path: { dataset_id: id, item_id: itemId ?? 0 } },
          signal,
        }),
      ),
    enabled: itemId !== null,
  });
}

/** A mutation after which anything shown of the data set may be another. */
function useChange<Body, Answer>(id: number, mutationFn: (body: Body) => Promise<Answer>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn, onSettled: () => queries.invalidateQueries({ queryKey: keyOf(id) }) });
}

export const useQuarantine = (id: number) =>
  useChange(id, (body: QuarantineChange) =>
    unwrap(api.POST("/api/datasets/{dataset_id}/quarantine", { ...at(id), body })),
  );

export const useQuarantineImport = (id: number) =>
  useChange(id, (body: QuarantineList) =>
    unwrap(api.POST("/api/datasets/{dataset_id}/quarantine/import", { ...at(id), body })),
  );

export const useCaption = (id: number) =>
  useChange(id, ({ item, caption }: { item: ItemRead["id"]; caption: string }) =>
    unwrap(
      api.PATCH("/api/datasets/{dataset_id}/items/{item_id}", {
        params: { path: { dataset_id: id, item_id: item } },
        body: { caption },
      }),
    ),
  );

export const useSplit = (id: number) =>
  useChange(id, (body: SeedSplit | GroupSplit | NoSplit) =>
    unwrap(api.POST("/api/datasets/{dataset_id}/split", { ...at(id), body })),
  );

/** Find and replace, or a trigger word. A dry run changes nothing. */
export type CaptionsChange = { tool: "replace"; body: Replacement } | { tool: "trigger"; body: Trigger };

export const useCaptionsChange = (id: number) =>
  useChange(id, (change: CaptionsChange) =>
    change.tool === "replace"
      ? unwrap(api.POST("/api/datasets/{dataset_id}/captions/replace", { ...at(id), body: change.body }))
      : unwrap(api.POST("/api/datasets/{dataset_id}/captions/trigger", { ...at(id), body: change.body })),
  );
