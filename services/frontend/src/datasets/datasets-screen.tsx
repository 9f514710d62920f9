"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import type { DatasetRead } from "@/api/schema";
import { ImportForm } from "@/datasets/import/import-form";
import { ListFormats } from "@/datasets/import/list-formats";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { plural } from "@/ui/format";
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
        <h1 className="font-semibold text-lg tracking-tight">Data sets</h1>
        {!none && <p className="text-muted tabular-nums">{plural(datasets.length, "data set")}</p>}
        {!none && !importing && (
          <Button icon={<Plus />} className="ml-auto" onClick={() => setImporting(true)}>
            Import
          </Button>
        )}
      </div>
      {none && (
        <p className="max-w-3xl text-muted">
          No data set yet. Import a list of clips and captions that lies on the server: Loradeck reads it, says what
          cannot be used and why, and lets you look at every clip before a GPU is touched. Nothing of yours is changed.
        </p>
      )}
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
          aria-label="Data sets"
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
        title={`Delete “${leaving?.name ?? ""}”?`}
        yes="Delete data set"
        no="Keep it"
        onYes={() => leaving && remove.mutate(leaving)}
      >
        Loradeck forgets it, with the quarantine, the edited captions and the split. The clips and their list stay as
        they are. This cannot be undone.
      </Confirm>
    </>
  );
}

function Loading() {
  return (
    <div aria-busy="true" role="status" className="space-y-4">
      <h1 className="font-semibold text-lg tracking-tight">Data sets</h1>
      <div className="h-32 animate-pulse rounded-lg bg-sunken" />
      <span className="sr-only">Loading the data sets</span>
    </div>
  );
}
