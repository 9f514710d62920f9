"use client";

import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from "react";
import type { LiveFrame, RunDetail, RunListItem } from "@/api/schema";
import { LiveConnection, type Status } from "./connection";
import { changesDetail, mergeList, overlay } from "./merge";

const Context = createContext<LiveConnection | null>(null);

/** How often the list is read anew while runs move: its sparklines are means that only the server knows. */
const LIST_EVERY_MS = 15_000;
const ASLEEP_MS = 60_000;

export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [live] = useState(() => connect(queries));

  useEffect(() => live.open(), [live]);

  useEffect(() => {
    let hiddenAt = 0;
    const onVisibility = () => {
      if (document.visibilityState === "hidden") hiddenAt = Date.now();
      else if (hiddenAt && Date.now() - hiddenAt > ASLEEP_MS) {
        live.refresh();
        void queries.invalidateQueries();
      }
    };
    document.addEventListener("visibilitychange", onVisibility);
    return () => document.removeEventListener("visibilitychange", onVisibility);
  }, [live, queries]);

  return <Context value={live}>{children}</Context>;
}

export function useLive(): LiveConnection {
  const live = useContext(Context);
  if (!live) throw new Error("useLive is used outside LiveProvider");
  return live;
}

export function useLiveStatus(): Status {
  const live = useLive();
  return useSyncExternalStore(live.subscribe, live.getStatus, () => "connecting" as const);
}

function connect(queries: QueryClient): LiveConnection {
  let listReadAt = 0;
  const live: LiveConnection = new LiveConnection(
    (query) => {
      const url = new URL(`/api/live?${query}`, location.href);
      url.protocol = url.protocol.replace("http", "ws");
      return url.href;
    },
    {
      onHello: (reset) => {
        if (reset) void queries.invalidateQueries();
        else {
          // What was asked for before may not have brought the summaries that are shown now.
          void queries.invalidateQueries({ queryKey: ["health"] });
          void queries.invalidateQueries({ queryKey: ["runs"] });
        }
      },
      onLost: () => void queries.invalidateQueries({ queryKey: ["session"] }),
      onFrames: (frames) => {
        for (const frame of frames) apply(queries, live, frame);
        if (frames.some((frame) => frame.runs.length > 0) && Date.now() - listReadAt > LIST_EVERY_MS) {
          listReadAt = Date.now();
          void queries.invalidateQueries({ queryKey: ["runs"] });
        }
      },
    },
  );
  return live;
}

/** Lay one frame over what the queries hold, and mark as stale what it says has changed but does not carry. */
function apply(queries: QueryClient, live: LiveConnection, frame: LiveFrame) {
  queries.setQueryData<RunListItem[]>(["runs"], (list) => list && mergeList(list, frame.runs, frame.deleted));
  for (const run of frame.runs) {
    const held = queries.getQueryData<RunDetail>(["run", run.id]);
    if (!held) continue;
    queries.setQueryData<RunDetail>(["run", run.id], overlay(held, run));
    if (changesDetail(held, run)) void queries.invalidateQueries({ queryKey: ["run", run.id] });
  }
  for (const id of frame.deleted) {
    if (!live.leaving.has(id)) void queries.invalidateQueries({ queryKey: ["run", id], exact: true });
  }
  for (const batch of frame.steps) {
    // An evaluation may have made another checkpoint the best.
    if (batch.kind === "eval") void queries.invalidateQueries({ queryKey: ["run", batch.run_id, "checkpoints"] });
  }
  for (const event of frame.events) {
    const part = { sample: "samples", checkpoint: "checkpoints" }[event.type];
    if (part) void queries.invalidateQueries({ queryKey: ["run", event.run_id, part] });
    if (["header", "warning", "stall", "end"].includes(event.type)) {
      void queries.invalidateQueries({ queryKey: ["run", event.run_id, "events"] });
    }
  }
}
