"use client";

import Link from "next/link";
import { parseAsInteger, useQueryState } from "nuqs";
import { useDatasets } from "@/datasets/queries";
import { NewRunForm } from "@/new-run/form/new-run-form";
import { Chevron } from "@/ui/icons";
import { ErrorNotice } from "@/ui/notice";
import { usePresets } from "./queries";

export function NewRunScreen() {
  const [dataset] = useQueryState("dataset", parseAsInteger);
  const presets = usePresets();
  const datasets = useDatasets();
  const error = presets.error ?? datasets.error;
  return (
    <div className="mx-auto max-w-4xl space-y-4 xl:max-w-7xl">
      <header className="space-y-2">
        <nav aria-label="Where you are" className="flex items-center gap-1 text-muted text-xs">
          <Link href="/" className="rounded hover:text-ink">
            Runs
          </Link>
          <Chevron className="size-3" />
          <span>New</span>
        </nav>
        <h1 className="font-semibold text-xl tracking-tight">New run</h1>
      </header>
      {presets.data && datasets.data ? (
        <NewRunForm presets={presets.data} datasets={datasets.data} preferred={dataset} />
      ) : error ? (
        <ErrorNotice error={error} />
      ) : (
        <div role="status" aria-busy="true" className="h-96 animate-pulse rounded-lg bg-sunken">
          <span className="sr-only">Loading the presets</span>
        </div>
      )}
    </div>
  );
}
