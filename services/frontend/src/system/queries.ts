"use client";

import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";

const HEALTH_EVERY_MS = 5_000;

export function useHealth() {
  return useQuery({
    queryKey: ["health"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/health", { signal })),
    refetchInterval: HEALTH_EVERY_MS,
    retry: false,
  });
}
