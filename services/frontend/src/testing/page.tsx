import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { vi } from "vitest";
import { LiveProvider } from "@/live/provider";

/** Render within what every page has: queries and the live connection. */
export function renderPage(children: ReactNode) {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const page = (
    <QueryClientProvider client={queries}>
      <LiveProvider>{children}</LiveProvider>
    </QueryClientProvider>
  );
  return { queries, ...render(page) };
}

export interface Call {
  method: string;
  path: string;
  body: unknown;
}

/** Answer API calls by "METHOD /path" with a status and a body; a function decides per call. Returns the calls so far. */
export function answerApi(answers: Record<string, [status: number, body: unknown] | Promise<never>>): Call[] {
  const calls: Call[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const path = new URL(request.url, location.href).pathname;
    calls.push({ method: request.method, path, body: request.body ? await request.clone().json() : null });
    const [status, body] = (await answers[`${request.method} ${path}`]) ?? [404, { code: "not_found", message: "No." }];
    return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  });
  return calls;
}
