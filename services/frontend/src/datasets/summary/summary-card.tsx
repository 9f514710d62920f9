"use client";

import { useState } from "react";
import type { DatasetDetail, Histogram as HistogramRead, Summary } from "@/api/schema";
import { useSummary } from "@/datasets/queries";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { duration } from "@/ui/format";
import { ErrorNotice } from "@/ui/notice";
import { ConvertedFiles } from "./converted-files";
import { FrameRates } from "./frame-rates";
import { Histogram } from "./histogram";
import { type Bar, barsOf } from "./histogram-bars";
import { SplitForm } from "./split-form";

/** What the data set holds and how its measures are spread. */
export function SummaryCard({ dataset }: { dataset: DatasetDetail }) {
  const { data, error } = useSummary(dataset.id);
  const [splitting, setSplitting] = useState(false);
  return (
    <Card
      title={t("datasets.summary.title")}
      aside={
        <Button small tone="bare" aria-expanded={splitting} onClick={() => setSplitting(!splitting)}>
          {data && data.validation > 0
            ? t("datasets.summary.split", { rows: data.validation })
            : t("datasets.split.do")}
        </Button>
      }
    >
      {error && !data && <ErrorNotice error={error} />}
      {splitting && data && (
        <div className="mb-4 border-line border-b pb-4">
          <SplitForm dataset={dataset} summary={data} />
        </div>
      )}
      {data ? (
        <>
          <p className="mb-3 text-muted text-xs tabular-nums" data-testid="summary-line">
            {line(data)}
          </p>
          <div className="grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-3 xl:grid-cols-7">
            <Histogram title={t("datasets.summary.histograms.size")} bars={sizeBars(data)} />
            {data.histograms
              .filter(({ key }) => key !== "size")
              .map((one) => (
                <Histogram
                  key={one.key}
                  title={t(`datasets.summary.histograms.${one.key}`)}
                  unit={one.key === "frames" ? "" : one.unit}
                  bars={barsIn(one)}
                />
              ))}
          </div>
          <div className="mt-4 grid gap-x-6 gap-y-4 border-line border-t pt-3 md:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
            <ConvertedFiles conversions={data.conversions} rows={data.rows} />
            <FrameRates rates={data.rates} />
          </div>
        </>
      ) : (
        !error && <div className="h-24 animate-pulse rounded bg-sunken" aria-busy="true" />
      )}
    </Card>
  );
}

function line({ used, training, validation, duration_s, scanned, rows }: Summary): string {
  return [
    t("datasets.summary.used", { rows: used }),
    validation > 0 && t("datasets.summary.sides", { training, validation }),
    duration_s > 0 && t("datasets.summary.video", { time: duration(duration_s) }),
    scanned < rows && t("datasets.summary.scanned", { scanned, rows }),
  ]
    .filter(Boolean)
    .join(" · ");
}

const sizeBars = ({ sizes }: Summary): Bar[] =>
  sizes.map(({ width, height, count: held }) => {
    const label = `${width}x${height}`;
    return { label, ends: [label, label], count: held };
  });

function barsIn({ bins, known }: HistogramRead): Bar[] {
  if (known === 0) return [];
  const edges = [...bins.map(({ low }) => low), bins.at(-1)?.high ?? 0];
  return barsOf(
    edges,
    bins.map(({ count: held }) => held),
  );
}
