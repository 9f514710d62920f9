"use client";

import { useCallback, useEffect, useRef, useSyncExternalStore } from "react";
import { useLive } from "./provider";
import type { StepStore } from "./step-store";

export interface Streamed {
  /** 0 while nothing streams; see `LiveConnection`. */
  coverage: number;
  store: StepStore | undefined;
  /** Moves when the store has changed, at most each `everyMs`. */
  version: string;
}

/** Watch a run's steps for as long as the component is there. */
export function useWatch(runId: string) {
  const live = useLive();
  useEffect(() => live.watch(runId), [live, runId]);
}

/** The steps that a watched run has streamed. */
export function useSteps(runId: string, everyMs = 0): Streamed {
  const live = useLive();
  const last = useRef({ at: 0, version: "" });
  const read = useCallback(() => {
    const next = `${live.coverage(runId)}:${live.store(runId)?.version ?? 0}`;
    const now = performance.now();
    if (next !== last.current.version && now - last.current.at >= everyMs) last.current = { at: now, version: next };
    return last.current.version;
  }, [live, runId, everyMs]);
  const subscribe = useCallback(
    (tell: () => void) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const stop = live.subscribe(() => {
        tell();
        clearTimeout(timer);
        if (everyMs > 0 && Number.isFinite(everyMs)) timer = setTimeout(tell, everyMs);
      });
      return () => {
        clearTimeout(timer);
        stop();
      };
    },
    [live, everyMs],
  );
  const version = useSyncExternalStore(subscribe, read, () => "");
  return { coverage: live.coverage(runId), store: live.store(runId), version };
}
