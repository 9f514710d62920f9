"use client";

import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { EventRead } from "@/api/schema";

const path = (id: string) => ({ path: { run_id: id } });

export function useCheckpoints(id: string) {
  return useQuery({
    queryKey: ["run", id, "checkpoints"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/runs/{run_id}/checkpoints", { params: path(id), signal })),
  });
}

const TOLD = ["header", "warning", "stall", "end"];

/** What happened, the newest first: beginnings, warnings, stalls and ends. */
export function useEvents(id: string) {
  return useQuery({
    queryKey: ["run", id, "events"],
    queryFn: async ({ signal }) => {
      const read = (type: string) =>
        unwrap(api.GET("/api/runs/{run_id}/events", { params: { ...path(id), query: { type } }, signal }));
      const lists: EventRead[][] = await Promise.all(TOLD.map(read));
      return lists.flat().sort((a, b) => b.ts - a.ts || b.id - a.id);
    },
  });
}
