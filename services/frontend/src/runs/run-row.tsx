"use client";

import Link from "next/link";
import { memo } from "react";
import type { RunListItem } from "@/api/schema";
import { Sparkline } from "@/chart/sparkline";
import { t } from "@/messages";
import { ago, clock, count, duration, measured, stepTime } from "@/ui/format";
import { ProgressBar } from "@/ui/progress-bar";
import { useNow } from "@/ui/use-now";
import { barColour, hasOwnProgress, isActive, isLoopPhase, phaseText } from "./state";
import { StatePill } from "./state-pill";

/** Choice, state, name, progress, loss, sparkline, step time, time: one grid for the head and the rows. */
export const RUN_COLUMNS =
  "grid items-center gap-x-5 px-4 lg:grid-cols-[1rem_6.75rem_minmax(0,1.6fr)_minmax(0,1fr)_4.5rem_7.5rem_5rem_7.5rem]";

interface Props {
  run: RunListItem;
  chosen: boolean;
  /** Takes the run for the comparison or leaves it out again. */
  onChoose: (id: string) => void;
}

export const RunRow = memo(function RunRow({ run, chosen, onChoose }: Props) {
  const active = isActive(run.state);
  return (
    <li
      data-testid="run-row"
      data-run={run.id}
      className={`${RUN_COLUMNS} relative gap-y-2 py-2.5 transition-colors hover:bg-sunken/60 max-lg:grid-cols-[1rem_minmax(0,1fr)_auto] max-lg:gap-x-3`}
    >
      <label className="relative z-10 -m-2 flex p-2 max-lg:row-span-3 max-lg:self-start max-lg:pt-2.5">
        <input
          type="checkbox"
          aria-label={t("runs.row.choose", { run: run.name })}
          checked={chosen}
          onChange={() => onChoose(run.id)}
        />
      </label>
      <span className="max-lg:order-2 max-lg:justify-self-end">
        <StatePill state={run.state} />
      </span>
      <div className="min-w-0 max-lg:order-1">
        <Link
          href={`/run/?id=${encodeURIComponent(run.id)}`}
          title={run.name}
          className="block truncate font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:rounded-sm focus-visible:after:outline-2 focus-visible:after:outline-accent focus-visible:after:-outline-offset-2"
        >
          {run.name}
        </Link>
        <p className="truncate text-muted text-xs">
          {run.model}
          {run.attempt > 1 && ` · ${t("run.attempt", { attempt: String(run.attempt) })}`}
          {run.host && ` · ${run.host}`}
        </p>
      </div>
      <div className="min-w-0 space-y-1 max-lg:order-3 max-lg:col-span-2">
        {run.phase && run.step === 0 && hasOwnProgress(run) ? (
          <ProgressBar
            done={run.phase.done ?? 0}
            total={run.phase.total}
            label={t("runs.row.phaseFor", { phase: phaseText(run.phase.phase), run: run.name })}
            colour="bg-preparing"
          />
        ) : (
          <ProgressBar
            done={run.step}
            total={run.total_steps}
            label={t("runs.row.stepsOf", { run: run.name })}
            colour={barColour(run.state)}
            active={active && run.state !== "queued"}
          />
        )}
        <p className="flex justify-between gap-2 text-muted text-xs tabular-nums">
          <span className="truncate" title={doing(run)}>
            {doing(run)}
          </span>
          <span className="shrink-0">
            {run.total_steps ? `${count(run.step)} / ${count(run.total_steps)}` : run.step > 0 ? count(run.step) : ""}
          </span>
        </p>
      </div>
      <span className="text-right tabular-nums max-lg:order-4 max-lg:text-left">
        <span className="text-muted text-xs lg:hidden">{t("runs.row.loss")} </span>
        {measured(run.last["train/loss"])}
      </span>
      <div className="max-lg:hidden">
        <Sparkline values={run.sparkline} label={t("runs.row.lossOf", { run: run.name })} />
      </div>
      <span className="text-right text-muted tabular-nums max-lg:hidden">{stepTime(run.seconds_per_step)}</span>
      <Times run={run} active={active} />
    </li>
  );
});

/** What a run does, or why it ended, in a few words. */
function doing(run: RunListItem): string {
  if (run.state === "failed" || run.state === "lost" || run.state === "queued") return run.message || run.code;
  if (run.state === "stopping") return t("runs.row.stopping");
  if (!isActive(run.state) || !run.phase) return "";
  if (isLoopPhase(run.phase.phase)) return "";
  const { phase, done, total } = run.phase;
  return `${phaseText(phase)}${total ? ` ${count(done ?? 0)} / ${count(total)}` : ""}`;
}

function Times({ run, active }: { run: RunListItem; active: boolean }) {
  const now = useNow();
  const left = active ? run.seconds_left : null;
  const took = run.started_at !== null && run.ended_at !== null ? run.ended_at - run.started_at : null;
  return (
    <div
      className="text-right text-xs tabular-nums max-lg:order-5"
      title={t("runs.row.created", { when: clock(run.created_at) })}
    >
      {left !== null && <p>{t("format.left", { time: duration(left) })}</p>}
      {took !== null && <p>{t("runs.row.took", { time: duration(took) })}</p>}
      <p className="text-muted">{now > 0 ? ago(run.created_at, now) : ""}</p>
    </div>
  );
}
