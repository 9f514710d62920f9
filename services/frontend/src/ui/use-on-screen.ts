"use client";

import { type RefObject, useEffect, useState } from "react";

/** So far outside the window a thing counts as on the screen, so that it is there when it is scrolled to. */
const MARGIN = "240px";

/** The element's width in pixels while it is on the screen or close to it, else 0. */
export function useOnScreen(element: RefObject<Element | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const held = element.current;
    if (!held) return;
    const sized = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    const seen = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) return sized.observe(held);
        sized.disconnect();
        setWidth(0);
      },
      { rootMargin: MARGIN },
    );
    seen.observe(held);
    return () => {
      seen.disconnect();
      sized.disconnect();
    };
  }, [element]);
  return width;
}
