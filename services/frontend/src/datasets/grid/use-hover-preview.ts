"use client";

import { useCallback, useEffect, useRef, useState } from "react";

const AFTER_MS = 150;

/** The one place in the grid that plays: where the pointer or the focus has rested for a moment. */
export function useHoverPreview() {
  const [playing, setPlaying] = useState<number | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const over = useRef<number | null>(null);

  const rest = useCallback((index: number | null) => {
    if (over.current === index) return;
    over.current = index;
    clearTimeout(timer.current);
    setPlaying(null);
    if (index === null || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    timer.current = setTimeout(() => setPlaying(index), AFTER_MS);
  }, []);

  useEffect(() => () => clearTimeout(timer.current), []);
  return { playing, rest };
}
