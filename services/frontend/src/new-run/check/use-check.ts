"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { Asked } from "@/new-run/queries";
import { type CheckState, isActive, withFacts } from "./check-state";

const EVERY_MS = 500;
const AGENTS_EVERY_MS = 2_000;

/** A check of a config: to queue one, to follow it, to stop it. */
export function useCheck() {
  const queries = useQueryClient();
  const queue = useMutation({
    mutationFn: (asked: Asked) => unwrap(api.POST("/api/checks", { body: asked })),
  });
  const id = queue.data?.id ?? "";
  const key = ["check", id];
  const state = useQuery({
    queryKey: key,
    enabled: id !== "",
    queryFn: async ({ signal }) => {
      const before = queries.getQueryData<CheckState>(key);
      const params = { path: { task_id: id }, query: { after: before?.offset ?? 0 } };
      return withFacts(before, await unwrap(api.GET("/api/tasks/{task_id}", { params, signal })));
    },
    refetchInterval: (query) => (!query.state.data || isActive(query.state.data.task) ? EVERY_MS : false),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const isQueued = state.data?.task.state === "queued";
  const agents = useQuery({
    queryKey: ["agents"],
    enabled: isQueued,
    queryFn: ({ signal }) => unwrap(api.GET("/api/agents", { signal })),
    refetchInterval: AGENTS_EVERY_MS,
  });
  const stop = useMutation({
    mutationFn: () => unwrap(api.POST("/api/tasks/{task_id}/stop", { params: { path: { task_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: key }),
  });
  return {
    begin: (asked: Asked) => queue.mutate(asked),
    stop: () => stop.mutate(),
    reset: () => queue.reset(),
    stopping: stop.isPending || (stop.isSuccess && isActive(state.data?.task)),
    error: queue.error ?? state.error ?? stop.error,
    isActive: queue.isPending || (id !== "" && !state.error && (!state.data || isActive(state.data.task))),
    state: state.data,
    /** What the check is of. */
    asked: queue.variables,
    agents: isQueued ? agents.data : undefined,
  };
}
