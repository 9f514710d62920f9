"use client";

import type { Summary } from "@/api/schema";
import { useGridView } from "@/datasets/grid/grid-view";
import { t } from "@/messages";
import { number } from "@/ui/format";
import { CountButton } from "./count-button";

/** The most frequent frame rates: each shows its videos in the grid. */
export function FrameRates({ rates }: { rates: Summary["rates"] }) {
  const { view, change } = useGridView();
  return (
    <section aria-label={t("datasets.summary.rates")} className="min-w-0 text-xs">
      <h3 className="mb-1 font-medium">{t("datasets.summary.rates")}</h3>
      {rates.length === 0 ? (
        <p className="text-muted">{t("datasets.summary.notKnown")}</p>
      ) : (
        <ul className="flex flex-wrap gap-1.5">
          {rates.map(({ fps, count }) => (
            <li key={fps} data-fps={fps}>
              <CountButton chosen={view.fps === fps} onChoose={() => change({ fps: view.fps === fps ? null : fps })}>
                {t("datasets.summary.rate", { rate: number(fps, 5), rows: count })}
              </CountButton>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
