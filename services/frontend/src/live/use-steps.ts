"use client";

import { useCallback, useEffect, useRef, useSyncExternalStore } from "react";
import type { LiveConnection } from "./connection";
import { FrameQueue } from "./frame-queue";
import { useLive } from "./provider";

/** Of the subscribers with a pace of their own, so that those with news at the same moment do not all draw at once. */
const queue = new FrameQueue();

/** Watch these runs' steps for as long as the component is there. */
export function useWatch(runIds: readonly string[]) {
  const live = useLive();
  const ids = runIds.join("\n");
  useEffect(() => {
    const stops = ids ? ids.split("\n").map((id) => live.watch(id)) : [];
    return () => {
      for (const stop of stops) stop();
    };
  }, [live, ids]);
}

/** Moves when the steps of these watched runs have changed, at most each `everyMs`; with Infinity not at all. */
export function useSteps(runIds: readonly string[], everyMs: number): string {
  const live = useLive();
  const ids = runIds.join("\n");
  const last = useRef({ at: Number.NEGATIVE_INFINITY, ids, version: "" });
  const read = useCallback(() => {
    const now = performance.now();
    if (ids === last.current.ids && now - last.current.at < everyMs) return last.current.version;
    const version = versionOf(live, ids);
    if (version !== last.current.version) last.current = { at: now, ids, version };
    return version;
  }, [live, ids, everyMs]);
  const subscribe = useCallback(
    (tell: () => void) => {
      if (everyMs === Number.POSITIVE_INFINITY) return () => {};
      if (everyMs === 0) return live.subscribe(tell);
      let timer: ReturnType<typeof setTimeout> | undefined;
      const enqueue = () => queue.add(tell);
      const stop = live.subscribe(() => {
        if (performance.now() - last.current.at >= everyMs) enqueue();
        clearTimeout(timer);
        timer = setTimeout(enqueue, everyMs);
      });
      return () => {
        clearTimeout(timer);
        queue.remove(tell);
        stop();
      };
    },
    [live, everyMs],
  );
  return useSyncExternalStore(subscribe, read, () => "");
}

const versionOf = (live: LiveConnection, ids: string) =>
  ids
    .split("\n")
    .map((id) => `${live.coverage(id)}:${live.store(id)?.version ?? 0}`)
    .join(" ");
