"use client";

import Link from "next/link";
import { parseAsInteger, useQueryState } from "nuqs";
import { useDatasets } from "@/datasets/queries";
import { t } from "@/messages";
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
        <nav aria-label={t("common.breadcrumb")} className="flex items-center gap-1 text-muted text-xs">
          <Link href="/" className="rounded hover:text-ink">
            {t("runs.title")}
          </Link>
          <Chevron className="size-3" />
          <span>{t("newRun.breadcrumb")}</span>
        </nav>
        <h1 className="font-semibold text-xl tracking-tight">{t("newRun.title")}</h1>
      </header>
      {presets.data && datasets.data ? (
        <NewRunForm presets={presets.data} datasets={datasets.data} preferred={dataset} />
      ) : error ? (
        <ErrorNotice error={error} />
      ) : (
        <div role="status" aria-busy="true" className="h-96 animate-pulse rounded-lg bg-sunken">
          <span className="sr-only">{t("newRun.loading")}</span>
        </div>
      )}
    </div>
  );
}
