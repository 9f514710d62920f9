"use client";

import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { api, unwrap } from "@/api/client";
import { appendLines } from "./log-lines";

const FOLLOW_MS = 1_500;

export interface Log {
  attempt: number;
  lines: string[];
  /** Whether the file began before the first line held. */
  cut: boolean;
  nextOffset: number;
}

/** The end of what an attempt printed, and what it prints while `follow` is set. */
export function useLog(id: string, attempt: number, follow: boolean) {
  const held = useRef<Log | null>(null);
  return useQuery({
    queryKey: ["log", id, attempt],
    enabled: attempt > 0,
    staleTime: 0,
    gcTime: 0,
    refetchInterval: follow ? FOLLOW_MS : false,
    queryFn: async ({ signal }): Promise<Log> => {
      const known = held.current?.attempt === attempt ? held.current : null;
      const query = { attempt, ...(known && { offset: known.nextOffset }) };
      const part = await unwrap(api.GET("/api/runs/{run_id}/log", { params: { path: { run_id: id }, query }, signal }));
      if (known && part.text === "") return known;
      held.current = {
        attempt,
        lines: appendLines(known?.lines ?? [], part.text),
        cut: known ? known.cut : part.offset > 0,
        nextOffset: part.next_offset,
      };
      return held.current;
    },
  });
}
