"use client";

import Link from "next/link";
import type { DatasetDetail } from "@/api/schema";
import { useQuarantineImport } from "@/datasets/item-queries";
import { useDatasetCommand } from "@/datasets/queries";
import { t } from "@/messages";
import { Button, buttonClass } from "@/ui/button";
import { Chevron, Play } from "@/ui/icons";
import { ErrorNotice } from "@/ui/notice";
import { ExportMenu, ListedNotice } from "./export-menu";
import { UndoButtons } from "./undo-buttons";

export function DatasetHeader({ dataset }: { dataset: DatasetDetail }) {
  const { id, name, metadata_path, state } = dataset;
  const again = useDatasetCommand(id, "import");
  const list = useQuarantineImport(id);
  return (
    <header className="space-y-2">
      <nav aria-label={t("common.breadcrumb")} className="flex items-center gap-1 text-muted text-xs">
        <Link href="/datasets/" className="shrink-0 rounded hover:text-ink">
          {t("datasets.title")}
        </Link>
        <Chevron className="size-3 shrink-0" />
        <span className="min-w-0 truncate font-mono" title={metadata_path}>
          {metadata_path}
        </span>
      </nav>
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-72 space-y-1">
          <h1 className="truncate font-semibold text-xl tracking-tight" title={name}>
            {name}
          </h1>
          <p className="text-muted text-xs tabular-nums" data-testid="dataset-counts">
            {t.rich("datasets.header.counts", {
              rows: dataset.rows,
              videos: dataset.videos,
              images: dataset.images,
              used: dataset.used,
              quarantined: dataset.quarantined,
              ink: (chunks) => <span className="text-ink">{chunks}</span>,
            })}
          </p>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          <UndoButtons dataset={dataset} />
          <Button
            title={t("datasets.header.importAgainHint")}
            busy={again.isPending || state === "importing"}
            onClick={() => again.mutate()}
          >
            {t("datasets.header.importAgain")}
          </Button>
          <ExportMenu dataset={dataset} onList={(csv) => list.mutate({ csv })} />
          {dataset.used > 0 && state === "ready" && (
            <Link href={`/new/?dataset=${id}`} className={buttonClass("primary")}>
              <Play />
              {t("datasets.header.useInRun")}
            </Link>
          )}
        </div>
      </div>
      {again.error && <ErrorNotice error={again.error} />}
      {list.error && <ErrorNotice error={list.error} />}
      {list.data && <ListedNotice of={list.data} />}
    </header>
  );
}
