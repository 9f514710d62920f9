"use client";

import Link from "next/link";
import { parseAsString, useQueryState } from "nuqs";
import { useEffect, useMemo } from "react";
import { asApiError } from "@/api/client";
import type { RunDetail } from "@/api/schema";
import { runColour } from "@/chart/colours";
import { useWatch } from "@/live/use-steps";
import { LogTail } from "@/logs/log-tail";
import { t } from "@/messages";
import { Charts } from "@/metrics/charts";
import { Downloads } from "@/metrics/downloads";
import { useRun } from "@/runs/queries";
import { Samples } from "@/samples/samples";
import { buttonClass } from "@/ui/button";
import { ErrorNotice, Notice } from "@/ui/notice";
import { Checkpoints } from "./checkpoints";
import { ConfigTable } from "./config-table";
import { EndNotice } from "./end-notice";
import { Events } from "./events";
import { ProgressPanel } from "./progress-panel";
import { RunHeader } from "./run-header";

export function RunScreen() {
  const [id] = useQueryState("id", parseAsString.withDefault(""));
  const { data: run, error, isPending } = useRun(id);

  const title = run?.name;
  useEffect(() => {
    if (title) document.title = t("app.title", { page: title });
  }, [title]);

  const back = (
    <Link href="/" className={buttonClass("quiet", true)}>
      {t("runs.back")}
    </Link>
  );
  if (id === "") return <Notice title={t("run.noneNamed")} action={back} />;
  if (error && asApiError(error).status === 404) {
    return (
      <Notice tone="muted" title={asApiError(error).message} action={back}>
        {t("common.mayBeDeleted")}
      </Notice>
    );
  }
  if (run) return <Run key={run.id} run={run} />;
  if (error && !isPending) return <ErrorNotice error={error} action={back} />;
  return (
    <div role="status" aria-busy="true" className="space-y-4">
      <div className="h-8 w-72 max-w-full animate-pulse rounded bg-sunken" />
      <div className="h-24 animate-pulse rounded-lg bg-sunken" />
      <div className="h-96 animate-pulse rounded-lg bg-sunken" />
      <span className="sr-only">{t("run.loading")}</span>
    </div>
  );
}

function Run({ run }: { run: RunDetail }) {
  const { id, name, attempt, attempts } = run;
  useWatch(useMemo(() => [id], [id]));
  const runs = useMemo(() => [{ id, name, attempt, colour: runColour(0) }], [id, name, attempt]);
  const moments = useMemo(() => resumptions(attempts), [attempts]);
  const downloads = useMemo(() => <Downloads runId={id} name={name} />, [id, name]);
  return (
    <>
      <RunHeader run={run} />
      <EndNotice run={run} />
      <ProgressPanel run={run} />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_21rem] 2xl:grid-cols-[minmax(0,1fr)_26rem]">
        <div className="min-w-0 space-y-4">
          <Charts runs={runs} keys={run.keys} moments={moments} aside={downloads} />
          <LogTail runId={run.id} newest={run.attempt} state={run.state} />
        </div>
        <div className="min-w-0 space-y-4">
          <Samples runId={run.id} />
          <Checkpoints runId={run.id} attempt={run.attempt} saveSteps={saveStepsOf(run)} />
          <Events runId={run.id} warnings={run.warnings} />
          <ConfigTable config={run.config} folder={run.folder} />
        </div>
      </div>
    </>
  );
}

/** Where each attempt after the first went on. */
const resumptions = (attempts: RunDetail["attempts"]) =>
  attempts.flatMap(({ attempt, first_step, started_at }) =>
    attempt > 1 && first_step !== null
      ? [{ step: first_step, ts: started_at ?? 0, label: t("run.attempt", { attempt: String(attempt) }) }]
      : [],
  );

function saveStepsOf({ config: { save_steps } }: RunDetail): number | null {
  return typeof save_steps === "number" ? save_steps : null;
}
