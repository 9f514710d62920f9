"use client";

import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import { type ReactNode, useState } from "react";
import { asApiError } from "@/api/client";
import { LiveProvider } from "@/live/provider";
import { SessionGate } from "@/session/gate";

const RETRY_MS = 2_000;

/** Only what may pass by itself is tried again, and that for as long as it takes. */
function newClient() {
  const onError = (error: unknown) => {
    if (asApiError(error).status === 401) void client.invalidateQueries({ queryKey: ["session"] });
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        networkMode: "always",
        retry: (_, error) => asApiError(error).unreachable,
        retryDelay: RETRY_MS,
      },
      mutations: { networkMode: "always" },
    },
  });
  return client;
}

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(newClient);
  return (
    <NuqsAdapter>
      <QueryClientProvider client={client}>
        <SessionGate>
          <LiveProvider>{children}</LiveProvider>
        </SessionGate>
      </QueryClientProvider>
    </NuqsAdapter>
  );
}
