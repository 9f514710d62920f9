"use client";

import Link from "next/link";
import { useMemo } from "react";
import { useWatch } from "@/live/use-steps";
import { t } from "@/messages";
import { Charts } from "@/metrics/charts";
import type { ChartRun } from "@/metrics/lines";
import { MOST_RUNS } from "@/runs/compared-runs";
import { buttonClass } from "@/ui/button";
import { ErrorNotice } from "@/ui/notice";
import { RunLegend } from "./run-legend";
import { type BriefRun, type Compared, useCompared } from "./use-compared";

const NOTHING: readonly never[] = [];

export function CompareScreen() {
  const { runs, error, compared, add, remove } = useCompared();
  if (!runs) return error ? <ErrorNotice error={error} /> : <Loading />;
  const others = runs.filter((run) => !compared.some(({ id }) => id === run.id));
  const picker = compared.length < MOST_RUNS && others.length > 0 && <AddRun others={others} onAdd={add} />;
  return (
    <>
      <div className="flex min-h-8 flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="font-semibold text-lg tracking-tight">{t("compare.title")}</h1>
        {compared.length > 0 && <p className="text-muted">{t("runs.count", { runs: compared.length })}</p>}
        {compared.length > 0 && <div className="ml-auto">{picker}</div>}
      </div>
      {compared.length === 0 ? (
        <Empty any={runs.length > 0}>{picker}</Empty>
      ) : (
        <>
          <RunLegend compared={compared} onRemove={remove} />
          <ComparedCharts compared={compared} />
        </>
      )}
    </>
  );
}

function ComparedCharts({ compared }: { compared: readonly Compared[] }) {
  const runs = useMemo(
    () =>
      compared.flatMap(({ run, colour }): ChartRun[] =>
        run ? [{ id: run.id, name: run.name, attempt: run.attempt, colour }] : [],
      ),
    [compared],
  );
  const keys = useMemo(() => [...new Set(compared.flatMap(({ run }) => run?.keys ?? []))].sort(), [compared]);
  useWatch(useMemo(() => runs.map((run) => run.id), [runs]));
  if (runs.length === 0) return null;
  return <Charts runs={runs} keys={keys} moments={NOTHING} />;
}

function AddRun({ others, onAdd }: { others: readonly BriefRun[]; onAdd: (id: string) => void }) {
  return (
    <select
      aria-label={t("compare.add")}
      value=""
      onChange={(event) => onAdd(event.target.value)}
      className="h-8 w-48 max-w-full rounded-md border border-edge bg-raised px-2"
    >
      <option value="" disabled>
        {t("compare.add")}
      </option>
      {others.map((run) => (
        <option key={run.id} value={run.id}>
          {t("compare.choice", { run: run.name, state: t(`runs.state.${run.state}.name`) })}
        </option>
      ))}
    </select>
  );
}

function Empty({ any, children }: { any: boolean; children: React.ReactNode }) {
  return (
    <div className="mx-auto max-w-xl space-y-4 rounded-lg border border-line border-dashed px-6 py-10 text-center">
      <div className="space-y-1.5">
        <h2 className="font-medium">{t("compare.emptyTitle")}</h2>
        <p className="text-muted">{any ? t("compare.how", { most: MOST_RUNS }) : t("compare.noRuns")}</p>
      </div>
      <div className="flex flex-wrap items-center justify-center gap-2">
        {children}
        <Link href="/" className={buttonClass("quiet")}>
          {t("runs.back")}
        </Link>
      </div>
    </div>
  );
}

function Loading() {
  return (
    <div role="status" aria-busy="true" className="space-y-4">
      <h1 className="font-semibold text-lg tracking-tight">{t("compare.title")}</h1>
      <div className="h-24 animate-pulse rounded-lg bg-sunken" />
      <div className="h-96 animate-pulse rounded-lg bg-sunken" />
      <span className="sr-only">{t("runs.loading")}</span>
    </div>
  );
}
