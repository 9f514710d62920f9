"use client";

import Link from "next/link";
import { parseAsInteger, useQueryState } from "nuqs";
import { useEffect } from "react";
import { asApiError } from "@/api/client";
import type { DatasetDetail } from "@/api/schema";
import { DatasetHeader } from "@/datasets/header/dataset-header";
import { ImportFaults } from "@/datasets/import/import-faults";
import { ImportNotes } from "@/datasets/import/import-notes";
import { ScanPanel } from "@/datasets/scan/scan-panel";
import { SummaryCard } from "@/datasets/summary/summary-card";
import { t } from "@/messages";
import { buttonClass } from "@/ui/button";
import { ErrorNotice, Notice } from "@/ui/notice";
import { ProgressBar } from "@/ui/progress-bar";
import { Prose } from "@/ui/prose";
import { ItemBrowser } from "./item-browser";
import { useDataset } from "./queries";
import { useLiveRefresh } from "./use-live-refresh";

export function DatasetScreen() {
  const [id] = useQueryState("id", parseAsInteger.withDefault(0));
  const { data: dataset, error } = useDataset(id);

  const title = dataset?.name;
  useEffect(() => {
    if (title) document.title = t("app.title", { page: title });
  }, [title]);

  const back = (
    <Link href="/datasets/" className={buttonClass("quiet", true)}>
      {t("datasets.back")}
    </Link>
  );
  if (id <= 0) return <Notice title={t("datasets.noneNamed")} action={back} />;
  if (error && asApiError(error).status === 404) {
    return (
      <Notice tone="muted" title={asApiError(error).message} action={back}>
        {t("common.mayBeDeleted")}
      </Notice>
    );
  }
  if (dataset) return <Dataset key={dataset.id} dataset={dataset} />;
  if (error) return <ErrorNotice error={error} action={back} />;
  return (
    <div role="status" aria-busy="true" className="space-y-4">
      <div className="h-8 w-72 max-w-full animate-pulse rounded bg-sunken" />
      <div className="h-40 animate-pulse rounded-lg bg-sunken" />
      <div className="h-96 animate-pulse rounded-lg bg-sunken" />
      <span className="sr-only">{t("datasets.loadingOne")}</span>
    </div>
  );
}

function Dataset({ dataset }: { dataset: DatasetDetail }) {
  const { importing, problem, rows } = dataset;
  useLiveRefresh(dataset);
  return (
    <>
      <DatasetHeader dataset={dataset} />
      {problem && <Problem of={problem} />}
      {importing && (
        <div className="space-y-1.5" role="status">
          <ProgressBar done={importing.done} total={null} label={t("datasets.import.label")} active />
          <p className="text-muted text-xs tabular-nums">{t("datasets.import.progress", { rows: importing.done })}</p>
        </div>
      )}
      {rows > 0 && (
        <>
          <ScanPanel dataset={dataset} />
          <SummaryCard dataset={dataset} />
        </>
      )}
      {dataset.notes.length > 0 && <ImportNotes notes={dataset.notes} />}
      {dataset.faults > 0 && <ImportFaults dataset={dataset} />}
      {rows > 0 && <ItemBrowser dataset={dataset} />}
    </>
  );
}

function Problem({ of: { message, hint } }: { of: NonNullable<DatasetDetail["problem"]> }) {
  return (
    <Notice title={<Prose text={message} />}>
      <Prose text={hint} />
    </Notice>
  );
}
