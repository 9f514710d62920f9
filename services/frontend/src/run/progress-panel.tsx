"use client";

import type { ReactNode } from "react";
import type { RunDetail } from "@/api/schema";
import { t } from "@/messages";
import { barColour, hasOwnProgress, isActive, isLoopPhase, phaseText } from "@/runs/state";
import { ago, clock, count, duration, measured, number, percent, stepTime } from "@/ui/format";
import { ProgressBar } from "@/ui/progress-bar";
import { useNow } from "@/ui/use-now";

/** Silence that a person should hear about; the trainer writes its phase at least this often. */
const SILENT_S = 60;

/** Where the run is: its step of all, what it does now, and the figures one looks for first. */
export function ProgressPanel({ run }: { run: RunDetail }) {
  const now = useNow();
  const active = isActive(run.state);
  const total = run.total_steps;
  const silent = active && run.state !== "queued" && run.last_event_at !== null && now - run.last_event_at > SILENT_S;

  return (
    <section
      aria-label={t("run.progress.title")}
      className="overflow-hidden rounded-lg border border-line bg-raised shadow-card"
    >
      <div className="space-y-2 px-3.5 pt-3 pb-3">
        <div className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 tabular-nums">
          <span data-testid="run-step" data-step={run.step} data-total={total ?? ""} className="font-medium">
            {t("run.step", { step: run.step })}
            {total !== null && <span className="text-muted"> {t("run.progress.ofSteps", { total })}</span>}
          </span>
          {total !== null && total > 0 && <span className="text-muted">{percent(run.step, total)}</span>}
          <PhaseLine run={run} />
          {silent && (
            <span className="text-stopping text-xs">
              {t("run.progress.silent", { ago: ago(run.last_event_at, now) })}
            </span>
          )}
        </div>
        {(run.step > 0 || !hasOwnProgress(run)) && (
          <ProgressBar
            done={run.step}
            total={total}
            label={t("run.progress.steps")}
            active={active && run.state !== "queued"}
            colour={barColour(run.state)}
          />
        )}
        <PhaseBar run={run} />
      </div>
      <dl className="grid grid-cols-2 gap-px border-line border-t bg-line sm:grid-cols-3 lg:grid-cols-6 [&>div]:bg-raised">
        <Figure label={t("run.progress.timeLeft")} value={active ? duration(run.seconds_left) : "–"} />
        <Figure label={t("runs.head.stepTime")} value={stepTime(run.seconds_per_step)} />
        <Figure label={t("runs.head.loss")} value={measured(run.last["train/loss"])} />
        <Figure label={t("run.progress.evalLoss")} value={measured(run.last["eval/loss"])} />
        <Figure label={t("run.progress.learningRate")} value={number(run.last["train/lr"])} />
        <Elapsed run={run} now={now} />
      </dl>
    </section>
  );
}

function Figure({ label, value, title }: { label: string; value: ReactNode; title?: string }) {
  return (
    <div className="px-3.5 py-2" title={title}>
      <dt className="text-muted text-xs">{label}</dt>
      <dd className="truncate font-medium text-base tabular-nums">{value}</dd>
    </div>
  );
}

function Elapsed({ run, now }: { run: RunDetail; now: number }) {
  if (run.started_at === null) return <Figure label={t("run.progress.runningFor")} value="–" />;
  const ended = run.ended_at;
  const until = ended ?? now;
  return (
    <Figure
      label={ended === null ? t("run.progress.runningFor") : t("run.progress.took")}
      value={until > 0 ? duration(until - run.started_at) : "–"}
      title={
        ended === null
          ? t("run.progress.started", { attempt: String(run.attempt), started: clock(run.started_at) })
          : t("run.progress.startedAndEnded", {
              attempt: String(run.attempt),
              started: clock(run.started_at),
              ended: clock(ended),
            })
      }
    />
  );
}

/** What rank 0 does now, in words. */
function PhaseLine({ run }: { run: RunDetail }) {
  if (run.state === "queued") return <span className="text-muted">{t("run.progress.waits")}</span>;
  if (!isActive(run.state) || !run.phase) return null;
  const { phase, item } = run.phase;
  const side = !isLoopPhase(phase);
  return (
    <span data-testid="run-phase" data-phase={phase} className="flex min-w-0 gap-2">
      <span className="shrink-0">
        {run.state === "stopping" && !side ? t("run.progress.stopping") : phaseText(phase)}
      </span>
      {side && item && (
        <span className="min-w-0 truncate text-muted" title={item}>
          {item}
        </span>
      )}
    </span>
  );
}

/** The phase's own progress, while it is not the training itself. */
function PhaseBar({ run }: { run: RunDetail }) {
  if (!run.phase || !hasOwnProgress(run)) return null;
  const { phase, done, total } = run.phase;
  return (
    <div className="flex items-center gap-3 pt-0.5">
      <ProgressBar done={done ?? 0} total={total} label={phaseText(phase)} colour="bg-preparing" />
      <span className="shrink-0 text-muted text-xs tabular-nums">
        {t("format.part", { done: count(done ?? 0), total: count(total) })}
      </span>
    </div>
  );
}
