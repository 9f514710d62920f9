"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { DatasetDetail } from "@/api/schema";
import { isScanning, keyOf } from "./queries";

/** How often the pictures, rules and sums are asked for again while they come in. */
const EVERY_MS = 5_000;

/** Ask again for all that is shown of a data set while a scan or an import changes it, and once more at its end. */
export function useLiveRefresh(dataset: DatasetDetail) {
  const queries = useQueryClient();
  const { id } = dataset;
  const moving = isScanning(dataset) || dataset.state === "importing";
  const moved = useRef(moving);
  useEffect(() => {
    const ask = () => void queries.invalidateQueries({ queryKey: keyOf(id) });
    if (moved.current && !moving) ask();
    moved.current = moving;
    if (!moving) return;
    const timer = setInterval(ask, EVERY_MS);
    return () => clearInterval(timer);
  }, [queries, id, moving]);
}
