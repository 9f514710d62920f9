"use client";

import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";

export function useSamples(id: string) {
  return useQuery({
    queryKey: ["run", id, "samples"],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/runs/{run_id}/samples", { params: { path: { run_id: id } }, signal })),
  });
}
