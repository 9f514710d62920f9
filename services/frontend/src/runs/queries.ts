"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { RunDetail, RunListItem } from "@/api/schema";
import { useLive, useLiveStatus } from "@/live/provider";

/** The socket brings what is new; these are for when it does not. */
const WITH_SOCKET_MS = 60_000;
const WITHOUT_SOCKET_MS = 5_000;

function useInterval() {
  return useLiveStatus() === "live" ? WITH_SOCKET_MS : WITHOUT_SOCKET_MS;
}

/** All runs, or what `select` takes of them; it must stay the same function. */
export function useRuns<T = RunListItem[]>(select?: (runs: RunListItem[]) => T) {
  const live = useLive();
  const refetchInterval = useInterval();
  return useQuery({
    queryKey: ["runs"],
    queryFn: async ({ signal }) => {
      const askedAt = performance.now();
      const list = await unwrap(api.GET("/api/runs", { signal }));
      return list.filter((run) => !live.deletedSince(run.id, askedAt)).map((run) => live.freshest(run, askedAt));
    },
    refetchInterval,
    select,
  });
}

export function useRun(id: string) {
  const live = useLive();
  const refetchInterval = useInterval();
  return useQuery({
    queryKey: ["run", id],
    queryFn: async ({ signal }) => {
      const askedAt = performance.now();
      const run = await unwrap(api.GET("/api/runs/{run_id}", { params: { path: { run_id: id } }, signal }));
      return live.freshest(run, askedAt);
    },
    refetchInterval,
    enabled: id !== "",
  });
}

/** Stop or resume a run. What the API answers is shown at once; the socket tells when it has really happened. */
export function useCommand(id: string, command: "stop" | "resume") {
  const live = useLive();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const askedAt = performance.now();
      const path = { params: { path: { run_id: id } } };
      const answer =
        command === "stop"
          ? await unwrap(api.POST("/api/runs/{run_id}/stop", path))
          : await unwrap(api.POST("/api/runs/{run_id}/resume", path));
      return live.freshest(answer, askedAt);
    },
    onSuccess: (run: RunDetail) => queries.setQueryData(["run", id], run),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["runs"] });
      return queries.invalidateQueries({ queryKey: ["run", id], exact: true });
    },
  });
}

export function useDelete(id: string) {
  const live = useLive();
  const queries = useQueryClient();
  return useMutation({
    onMutate: () => live.leaving.add(id),
    onError: () => live.leaving.delete(id),
    mutationFn: () => unwrap(api.DELETE("/api/runs/{run_id}", { params: { path: { run_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["runs"] }),
  });
}
