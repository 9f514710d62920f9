"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { DatasetCreate, DatasetDetail, DatasetRead, RulesUpdate, ScanStart } from "@/api/schema";

/** How often what moves by itself, an import or a scan, is asked for. */
const MOVING_MS = 1_000;

const at = (id: number) => ({ params: { path: { dataset_id: id } } });

export const isScanning = ({ scan }: DatasetDetail) => scan.state === "queued" || scan.state === "running";

/** Everything that is kept of one data set. */
export const keyOf = (id: number) => ["dataset", id] as const;

export function useDatasets() {
  return useQuery({
    queryKey: ["datasets"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/datasets", { signal })),
    refetchInterval: ({ state }) => (state.data?.some((one) => one.state === "importing") ? MOVING_MS : false),
  });
}

export function useDataset(id: number) {
  return useQuery({
    queryKey: [...keyOf(id), "detail"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/datasets/{dataset_id}", { ...at(id), signal })),
    refetchInterval: ({ state: { data } }) =>
      data && (data.state === "importing" || isScanning(data)) ? MOVING_MS : false,
    enabled: id > 0,
  });
}

export function useImport() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: DatasetCreate) => unwrap(api.POST("/api/datasets", { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["datasets"] }),
  });
}

export function useDeleteDataset() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: DatasetRead) => unwrap(api.DELETE("/api/datasets/{dataset_id}", at(id))),
    onSuccess: (_, { id }) => {
      queries.removeQueries({ queryKey: keyOf(id) });
      return queries.invalidateQueries({ queryKey: ["datasets"] });
    },
  });
}

export function useSummary(id: number) {
  return useQuery({
    queryKey: [...keyOf(id), "summary"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/datasets/{dataset_id}/summary", { ...at(id), signal })),
    placeholderData: (held) => held,
  });
}

export function useFaults(id: number, code: string | null) {
  return useQuery({
    queryKey: [...keyOf(id), "faults", code],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/datasets/{dataset_id}/faults", {
          params: { path: { dataset_id: id }, query: { code, limit: 100 } },
          signal,
        }),
      ),
    enabled: code !== null,
  });
}

export function useRules(id: number) {
  return useQuery({
    queryKey: [...keyOf(id), "rules"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/datasets/{dataset_id}/rules", { ...at(id), signal })),
  });
}

export function useRulesUpdate(id: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: RulesUpdate) => unwrap(api.PUT("/api/datasets/{dataset_id}/rules", { ...at(id), body })),
    onSuccess: (rules) => {
      queries.setQueryData([...keyOf(id), "rules"], rules);
      return queries.invalidateQueries({ queryKey: keyOf(id) });
    },
  });
}

export function useGroups(id: number, enabled: boolean) {
  return useQuery({
    queryKey: [...keyOf(id), "groups"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/datasets/{dataset_id}/groups", { ...at(id), signal })),
    enabled,
  });
}

/** What is not said of it is as in the last scan. */
export function useScan(id: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Partial<ScanStart>) =>
      unwrap(api.POST("/api/datasets/{dataset_id}/scan", { ...at(id), body: { model: null, ...body } })),
    onSuccess: (detail) => queries.setQueryData([...keyOf(id), "detail"], detail),
    onSettled: () => queries.invalidateQueries({ queryKey: keyOf(id) }),
  });
}

/** Commands that answer with the data set as it then is. */
const COMMANDS = {
  import: "/api/datasets/{dataset_id}/import",
  stopScan: "/api/datasets/{dataset_id}/scan/stop",
  undo: "/api/datasets/{dataset_id}/undo",
  redo: "/api/datasets/{dataset_id}/redo",
} as const;

export function useDatasetCommand(id: number, command: keyof typeof COMMANDS) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.POST(COMMANDS[command], at(id))),
    onSuccess: (detail) => queries.setQueryData([...keyOf(id), "detail"], detail),
    onSettled: () => queries.invalidateQueries({ queryKey: keyOf(id) }),
  });
}
