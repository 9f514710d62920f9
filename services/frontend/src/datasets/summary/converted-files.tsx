"use client";

import type { Summary } from "@/api/schema";
import { CONVERSIONS, type Conversion, useGridView } from "@/datasets/grid/grid-view";
import { t } from "@/messages";
import { CountButton } from "./count-button";

/** How many files are converted for training, and how: each count shows its files in the grid. */
export function ConvertedFiles({
  conversions: { known, counts },
  rows,
}: {
  conversions: Summary["conversions"];
  rows: number;
}) {
  const { view, change } = useGridView();
  return (
    <section aria-label={t("datasets.summary.converted")} className="min-w-0 text-xs">
      <h3 className="mb-1 font-medium">
        {t("datasets.summary.converted")}
        {known > 0 && known < rows && (
          <span className="font-normal text-muted"> {t("datasets.summary.convertedOf", { known, rows })}</span>
        )}
      </h3>
      {counts.length === 0 ? (
        <p className="text-muted">
          {known === 0 ? t("datasets.summary.notKnown") : t("datasets.summary.convertedNone")}
        </p>
      ) : (
        <ul className="flex flex-wrap gap-1.5">
          {counts.filter(isKnown).map(({ code, count }) => (
            <li key={code} data-conversion={code}>
              <CountButton
                chosen={view.conversion === code}
                onChoose={() => change({ conversion: view.conversion === code ? null : code })}
              >
                {t(`datasets.summary.conversions.${code}`, { rows: count })}
              </CountButton>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

interface Count {
  code: Conversion;
  count: number;
}

const isKnown = (one: { code: string; count: number }): one is Count =>
  (CONVERSIONS as readonly string[]).includes(one.code);
