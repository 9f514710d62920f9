"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, unwrap } from "@/api/client";
import type { PlanRead, PlanRequest } from "@/api/schema";
import type { Asked } from "@/new-run/queries";

/** How long the form has to stand still before the plan is asked for. */
const STILL_MS = 200;
/** How often the plan is asked for again while the server counts what is cached. */
const COUNTING_LOOK_MS = 1_000;
const TRIAL_LOOK_MS = 1_000;

/** The plan of what the form says; the last one stays until the next has come. */
export function usePlan(request: PlanRequest) {
  const text = useStill(JSON.stringify(request));
  const query = useQuery({
    queryKey: ["plan", text],
    queryFn: ({ signal }) => unwrap(api.POST("/api/plan", { body: JSON.parse(text), signal })),
    staleTime: 10_000,
    refetchInterval: ({ state }) => (state.data?.cache?.state === "counting" ? COUNTING_LOOK_MS : false),
    retry: false,
  });
  const [last, setLast] = useState<PlanRead>();
  useEffect(() => {
    if (query.data) setLast(query.data);
  }, [query.data]);
  return { plan: query.data ?? last, error: query.error, isOld: query.data === undefined };
}

/** A trial of a config on the GPU host: begun by `begin`, then looked at until it has ended. */
export function useTrial() {
  const begin = useMutation({
    mutationFn: (asked: Asked) => unwrap(api.POST("/api/plan/trial", { body: asked })),
  });
  const id = begin.data?.task_id;
  const task = useQuery({
    queryKey: ["task", id],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/tasks/{task_id}", { params: { path: { task_id: id ?? "" }, query: { after: 0 } }, signal })),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => (isOver(state.data?.state) ? false : TRIAL_LOOK_MS),
  });
  const stop = useMutation({
    mutationFn: () => unwrap(api.POST("/api/tasks/{task_id}/stop", { params: { path: { task_id: id ?? "" } } })),
    onSuccess: () => task.refetch(),
  });
  const isRunning = begin.isPending || (id !== undefined && !isOver(task.data?.state) && !task.error);
  return { begin, stop, task: task.data, error: begin.error ?? task.error, isRunning };
}

const isOver = (state: string | undefined) => state !== undefined && state !== "queued" && state !== "running";

function useStill(text: string): string {
  const [still, setStill] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setStill(text), STILL_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return still;
}
