"use client";

import type { DatasetDetail } from "@/api/schema";
import { isScanning, useDatasetCommand, useScan } from "@/datasets/queries";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import { count, duration, percent } from "@/ui/format";
import { Play, Square } from "@/ui/icons";
import { ErrorNotice, Notice } from "@/ui/notice";
import { ProgressBar } from "@/ui/progress-bar";
import { Prose } from "@/ui/prose";
import { phaseText } from "./scan-text";
import { TokenizerMissing } from "./tokenizer-missing";

/** The scan: asked for, under way with its time left, or over with what it did not come to. */
export function ScanPanel({ dataset }: { dataset: DatasetDetail }) {
  const { id, scan, unscanned, outdated, rows } = dataset;
  const start = useScan(id);
  const stop = useDatasetCommand(id, "stopScan");
  const scanning = isScanning(dataset);
  const failed = (scanning ? [start, stop] : [start]).find(({ error }) => error); // a stop that came late is none

  const begin = (
    <Button
      tone={unscanned === rows ? "primary" : "quiet"}
      icon={<Play />}
      busy={start.isPending}
      disabled={dataset.state !== "ready"}
      onClick={() => start.mutate({})}
    >
      {unscanned === rows
        ? t("datasets.scan.title")
        : unscanned > 0
          ? t("datasets.scan.rest")
          : t("datasets.scan.again")}
    </Button>
  );

  return (
    <>
      {scanning && (
        <section
          aria-label={t("datasets.scan.title")}
          className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg border border-line bg-raised px-3.5 py-2.5 shadow-card"
        >
          <div className="min-w-0 flex-1 basis-64 space-y-1.5">
            <p className="flex flex-wrap justify-between gap-x-4 text-xs tabular-nums" role="status">
              <span>
                {scan.state === "queued"
                  ? scan.message || t("datasets.scan.waits")
                  : t("datasets.scan.phase", { phase: phaseText(scan.phase) })}
              </span>
              <span className="text-muted">
                {scan.total ? `${count(scan.done)} / ${count(scan.total)} · ${percent(scan.done, scan.total)}` : ""}
                {scan.left_s !== null && ` · ${t("format.left", { time: duration(scan.left_s) })}`}
              </span>
            </p>
            <ProgressBar
              done={scan.done}
              total={scan.total}
              label={t("datasets.scan.title")}
              colour="bg-running"
              active
            />
          </div>
          <Button icon={<Square />} busy={stop.isPending} onClick={() => stop.mutate()}>
            {t("common.stop")}
          </Button>
        </section>
      )}
      {!scanning && scan.state === "failed" && (
        <Notice title={<Prose text={scan.message || t("datasets.scan.failed")} />} action={begin}>
          <Prose text={scan.hint} />
        </Notice>
      )}
      {!scanning && scan.state !== "failed" && unscanned > 0 && (
        <Notice
          tone="muted"
          alert={false}
          title={unscanned === rows ? t("datasets.scan.none") : t("datasets.scan.unscanned", { rows: unscanned })}
          action={begin}
        >
          {t("datasets.scan.meaning")}
        </Notice>
      )}
      {!scanning && scan.state !== "failed" && unscanned === 0 && outdated > 0 && (
        <Notice tone="muted" alert={false} title={t("datasets.scan.outdated", { rows: outdated })} action={begin}>
          {t("datasets.scan.outdatedMeaning")}
        </Notice>
      )}
      {!scanning && <TokenizerMissing dataset={dataset} />}
      {failed && <ErrorNotice error={failed.error} />}
    </>
  );
}
