"use client";

import { parseAsString, useQueryState } from "nuqs";
import { useCallback, useState } from "react";
import type { RunListItem } from "@/api/schema";
import { t } from "@/messages";
import { ErrorNotice } from "@/ui/notice";
import { CompareBar } from "./compare-bar";
import { EmptyRuns } from "./empty-runs";
import { useRuns } from "./queries";
import { RUN_COLUMNS, RunRow } from "./run-row";
import { isActive } from "./state";

/** From this many runs on a filter is worth its place. */
const FILTER_FROM = 6;

export function RunsScreen() {
  const { data: runs, error, isPending } = useRuns();
  const [filter, setFilter] = useQueryState("q", parseAsString.withDefault("").withOptions({ history: "replace" }));

  const [chosen, setChosen] = useState<readonly string[]>([]);
  const choose = useCallback(
    (id: string) => setChosen((held) => (held.includes(id) ? held.filter((one) => one !== id) : [...held, id])),
    [],
  );

  if (isPending) return <Loading />;
  if (!runs) return <ErrorNotice error={error} />;
  if (runs.length === 0) return <EmptyRuns />;

  const shown = runs.filter((run) => matches(run, filter));
  const active = runs.filter((run) => isActive(run.state)).length;
  return (
    <>
      <div className="flex min-h-8 flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="font-semibold text-lg tracking-tight">{t("runs.title")}</h1>
        <p className="text-muted tabular-nums">
          {active > 0 ? t("runs.countActive", { runs: runs.length, active }) : t("runs.count", { runs: runs.length })}
        </p>
        {runs.length >= FILTER_FROM && (
          <input
            type="search"
            aria-label={t("runs.filter")}
            placeholder={t("runs.filterPlaceholder")}
            value={filter}
            onChange={(event) => void setFilter(event.target.value || null)}
            className="ml-auto h-8 w-full rounded-md border border-edge bg-raised px-2.5 placeholder:text-muted sm:w-64"
          />
        )}
      </div>
      <section
        aria-label={t("runs.title")}
        className="overflow-hidden rounded-lg border border-line bg-raised shadow-card"
      >
        <div
          aria-hidden="true"
          className={`${RUN_COLUMNS} hidden border-line border-b py-2 text-muted text-xs lg:grid`}
        >
          <span />
          <span>{t("runs.head.state")}</span>
          <span>{t("run.title")}</span>
          <span>{t("run.progress.title")}</span>
          <span className="text-right">{t("runs.head.loss")}</span>
          <span />
          <span className="text-right">{t("runs.head.stepTime")}</span>
          <span className="text-right">{t("runs.head.time")}</span>
        </div>
        <ul className="divide-y divide-line">
          {shown.map((run) => (
            <RunRow key={run.id} run={run} chosen={chosen.includes(run.id)} onChoose={choose} />
          ))}
        </ul>
        {shown.length === 0 && <p className="px-4 py-6 text-muted">{t("runs.noMatch", { filter })}</p>}
      </section>
      <CompareBar chosen={chosen.filter((id) => runs.some((run) => run.id === id))} onClear={() => setChosen([])} />
    </>
  );
}

const matches = (run: RunListItem, filter: string) =>
  filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => `${run.name} ${run.model} ${run.state} ${run.id}`.toLowerCase().includes(word));

function Loading() {
  return (
    <div aria-busy="true" role="status" className="space-y-4">
      <h1 className="font-semibold text-lg tracking-tight">{t("runs.title")}</h1>
      <div className="divide-y divide-line rounded-lg border border-line bg-raised">
        {[0, 1, 2].map((row) => (
          <div key={row} className="flex h-16 items-center gap-4 px-4">
            <div className="h-5 w-20 animate-pulse rounded-full bg-sunken" />
            <div className="h-4 w-48 animate-pulse rounded bg-sunken" />
          </div>
        ))}
      </div>
      <span className="sr-only">{t("runs.loading")}</span>
    </div>
  );
}
