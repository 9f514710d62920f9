"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import type { DatasetRead } from "@/api/schema";
import { ImportForm } from "@/datasets/import/import-form";
import { ListFormats } from "@/datasets/import/list-formats";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { Plus } from "@/ui/icons";
import { ErrorNotice } from "@/ui/notice";
import { DatasetRow } from "./dataset-row";
import { useDatasets, useDeleteDataset } from "./queries";

export function DatasetsScreen() {
  const { data: datasets, error, isPending } = useDatasets();
  const router = useRouter();
  const remove = useDeleteDataset();
  const [importing, setImporting] = useState(false);
  const [leaving, setLeaving] = useState<DatasetRead | null>(null);

  if (isPending) return <Loading />;
  if (!datasets) return <ErrorNotice error={error} />;

  const none = datasets.length === 0;
  return (
    <>
      <div className="flex min-h-8 flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="font-semibold text-lg tracking-tight">{t("datasets.title")}</h1>
        {!none && <p className="text-muted tabular-nums">{t("datasets.list.count", { datasets: datasets.length })}</p>}
        {!none && !importing && (
          <Button icon={<Plus />} className="ml-auto" onClick={() => setImporting(true)}>
            {t("datasets.list.import")}
          </Button>
        )}
      </div>
      {none && <p className="max-w-3xl text-muted">{t("datasets.list.empty")}</p>}
      {(none || importing) && (
        <div className="grid items-start gap-4 lg:grid-cols-2">
          <ImportForm
            onClose={none ? null : () => setImporting(false)}
            onDone={({ id, state }) => {
              setImporting(false);
              if (state === "ready") router.push(`/dataset/?id=${id}`);
            }}
          />
          <ListFormats />
        </div>
      )}
      {remove.error && <ErrorNotice error={remove.error} />}
      {!none && (
        <ul
          aria-label={t("datasets.title")}
          className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-raised shadow-card"
        >
          {datasets.map((one) => (
            <DatasetRow key={one.id} dataset={one} onDelete={setLeaving} />
          ))}
        </ul>
      )}
      <Confirm
        open={leaving !== null}
        onOpenChange={(open) => !open && setLeaving(null)}
        title={t("common.confirmDelete", { name: leaving?.name ?? "" })}
        yes={t("datasets.list.confirmDelete")}
        no={t("common.keep")}
        onYes={() => leaving && remove.mutate(leaving)}
      >
        {t("datasets.list.deleteMeans")}
      </Confirm>
    </>
  );
}

function Loading() {
  return (
    <div aria-busy="true" role="status" className="space-y-4">
      <h1 className="font-semibold text-lg tracking-tight">{t("datasets.title")}</h1>
      <div className="h-32 animate-pulse rounded-lg bg-sunken" />
      <span className="sr-only">{t("datasets.list.loading")}</span>
    </div>
  );
}
