"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, asApiError, unwrap } from "@/api/client";
import type { DatasetCreate } from "@/api/schema";
import type { Config } from "@/new-run/form/draft";
import { asDatasetError } from "@/new-run/form/form-errors";

export function usePresets() {
  return useQuery({
    queryKey: ["presets"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/presets", { signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** What a run, its plan, a check or a trial is asked for. */
export interface Asked {
  config: Config;
  /** The data set whose rows that are not quarantined now are the run's; null for a folder as it is. */
  dataset_id: number | null;
  /** The same for each of the config's `more_datasets`. */
  more_dataset_ids: (number | null)[];
}

export interface NewRun {
  asked: Asked;
  /** A data set to register first, so that it can be chosen by name the next time. */
  register: DatasetCreate | null;
}

export function useStartRun() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ asked, register }: NewRun) => {
      if (register) {
        await unwrap(api.POST("/api/datasets", { body: register })).catch((error: unknown) => {
          throw asDatasetError(asApiError(error));
        });
        void queries.invalidateQueries({ queryKey: ["datasets"] });
      }
      return unwrap(api.POST("/api/runs", { body: asked }));
    },
    onSuccess: (run) => {
      queries.setQueryData(["run", run.id], run);
      return queries.invalidateQueries({ queryKey: ["runs"] });
    },
  });
}
