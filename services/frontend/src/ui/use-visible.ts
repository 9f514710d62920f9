"use client";

import { type RefObject, useEffect, useState } from "react";

/** Whether any of the element is on the screen. */
export function useVisible(element: RefObject<Element | null>): boolean {
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    if (!element.current) return;
    const seen = new IntersectionObserver(([entry]) => setVisible(entry?.isIntersecting ?? false));
    seen.observe(element.current);
    return () => seen.disconnect();
  }, [element]);
  return visible;
}
