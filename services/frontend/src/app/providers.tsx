"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import { type ReactNode, useState } from "react";
import { asApiError } from "@/api/client";
import { LiveProvider } from "@/live/provider";

const RETRY_MS = 2_000;

/** Only what may pass by itself is tried again, and that for as long as it takes. */
const newClient = () =>
  new QueryClient({
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

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(newClient);
  return (
    <NuqsAdapter>
      <QueryClientProvider client={client}>
        <LiveProvider>{children}</LiveProvider>
      </QueryClientProvider>
    </NuqsAdapter>
  );
}
