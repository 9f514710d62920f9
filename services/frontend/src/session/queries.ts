"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, api, unwrap } from "@/api/client";

/** Asked again whenever the API says 401 and whenever the live socket is lost, which does not say why. */
export function useSession() {
  return useQuery({
    queryKey: ["session"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/session", { signal })),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: "always",
  });
}

export function useSignIn() {
  const queries = useQueryClient();
  return useMutation<unknown, ApiError, string>({
    mutationFn: (token) => unwrap(api.POST("/api/session", { body: { token } })),
    onSuccess: (session) => {
      queries.setQueryData(["session"], session);
      return queries.invalidateQueries();
    },
  });
}

/** What the page holds in memory goes with the session, so the page is loaded anew. */
export function useSignOut() {
  return useMutation({
    mutationFn: () =>
      unwrap(api.DELETE("/api/session")).catch((error: unknown) => {
        if (!(error instanceof ApiError && error.status === 401)) throw error;
      }),
    onSuccess: () => location.reload(),
  });
}
