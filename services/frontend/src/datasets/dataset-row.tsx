"use client";

import Link from "next/link";
import { memo } from "react";
import type { DatasetRead } from "@/api/schema";
import { scanText } from "@/datasets/scan/scan-text";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import { ago, clock } from "@/ui/format";
import { Alert, Trash } from "@/ui/icons";
import { ProgressBar } from "@/ui/progress-bar";
import { Prose } from "@/ui/prose";
import { useNow } from "@/ui/use-now";
import { isScanning, useDataset } from "./queries";

interface Props {
  dataset: DatasetRead;
  onDelete: (dataset: DatasetRead) => void;
}

export const DatasetRow = memo(function DatasetRow({ dataset, onDelete }: Props) {
  const { id, name, metadata_path, importing, problem, created_at } = dataset;
  const now = useNow();
  const { data: detail } = useDataset(dataset.state === "ready" ? id : 0);
  return (
    <li
      data-testid="dataset-row"
      data-state={dataset.state}
      className="relative grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-5 gap-y-2 px-4 py-3 transition-colors hover:bg-sunken/60 lg:grid-cols-[minmax(0,1.6fr)_minmax(0,1.2fr)_minmax(0,1fr)_6rem_auto]"
    >
      <div className="min-w-0">
        <Link
          href={`/dataset/?id=${id}`}
          title={name}
          className="block truncate font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:rounded-sm focus-visible:after:outline-2 focus-visible:after:outline-accent focus-visible:after:-outline-offset-2"
        >
          {name}
        </Link>
        <p className="truncate font-mono text-muted text-xs" title={metadata_path}>
          {metadata_path}
        </p>
      </div>
      <div className="min-w-0 text-xs tabular-nums max-lg:order-3 max-lg:col-span-2">
        {importing && (
          <div className="space-y-1">
            <ProgressBar done={importing.done} total={null} label={t("datasets.list.importOf", { name })} active />
            <p className="text-muted">{t("datasets.list.importing", { rows: importing.done })}</p>
          </div>
        )}
        {problem && (
          <p className="flex gap-1.5 text-failed">
            <Alert className="mt-px size-3.5" />
            <span className="line-clamp-2 min-w-0 break-words" title={problem.hint}>
              <Prose text={problem.message} />
            </span>
          </p>
        )}
        {detail && (
          <p>
            <span className="font-medium text-sm">{t("datasets.rows", { rows: detail.rows })}</span>
            <span className="block text-muted">
              {detail.quarantined > 0
                ? t("datasets.list.kindsAndQuarantined", detail)
                : t("datasets.list.kinds", detail)}
            </span>
          </p>
        )}
      </div>
      <div className="min-w-0 text-muted text-xs tabular-nums max-lg:order-4 max-lg:col-span-2">
        {detail && isScanning(detail) && (
          <ProgressBar
            done={detail.scan.done}
            total={detail.scan.total}
            label={t("datasets.list.scanOf", { name })}
            colour="bg-running"
            active
          />
        )}
        {detail && (
          <p className={isScanning(detail) ? "mt-1 truncate" : "truncate"} title={scanText(detail)}>
            {scanText(detail)}
          </p>
        )}
      </div>
      <span className="text-right text-muted text-xs max-lg:hidden" title={clock(created_at)}>
        {now > 0 ? ago(created_at, now) : ""}
      </span>
      <Button
        tone="bare"
        small
        aria-label={t("common.deleteOf", { name })}
        title={t("common.delete")}
        className="relative z-10 w-7 px-0! max-lg:order-2"
        onClick={() => onDelete(dataset)}
      >
        <Trash />
      </Button>
    </li>
  );
});
