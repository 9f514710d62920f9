"use client";

import { useSyncExternalStore } from "react";

const WIDE = "(min-width: 80rem)";

function subscribe(tell: () => void) {
  const query = matchMedia(WIDE);
  query.addEventListener("change", tell);
  return () => query.removeEventListener("change", tell);
}

/** Whether the window has room for a panel beside the grid. */
export function useWideWindow(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => matchMedia(WIDE).matches,
    () => true,
  );
}
