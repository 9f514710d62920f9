"use client";

import { memo } from "react";
import type { CheckpointRead } from "@/api/schema";
import { t } from "@/messages";
import { buttonClass } from "@/ui/button";
import { Card, ItemCount, Nothing } from "@/ui/card";
import { bytes, clock, timeOfDay } from "@/ui/format";
import { Download } from "@/ui/icons";
import { ErrorNotice } from "@/ui/notice";
import { useCheckpoints } from "./queries";

interface Props {
  runId: string;
  /** The run's newest attempt. */
  attempt: number;
  saveSteps: number | null;
}

/** The run's checkpoints, the newest first, each with its LoRA file to take away. */
export const Checkpoints = memo(function Checkpoints({ runId, attempt, saveSteps }: Props) {
  const { data, error } = useCheckpoints(runId);
  const newest = [...(data ?? [])].sort((a, b) => b.attempt - a.attempt || b.step - a.step);
  const best = bestOf(newest);
  return (
    <Card title={t("run.checkpoints.title")} aside={<ItemCount of={newest.length} />} flush>
      {error && !data && <ErrorNotice error={error} />}
      {data && newest.length === 0 && (
        <Nothing>
          {saveSteps === null ? t("run.checkpoints.none") : t("run.checkpoints.noneEvery", { steps: saveSteps })}
        </Nothing>
      )}
      <ul className="max-h-80 divide-y divide-line overflow-y-auto">
        {newest.map((checkpoint) => (
          <li
            key={`${checkpoint.attempt} ${checkpoint.path}`}
            data-testid="checkpoint"
            data-step={checkpoint.step}
            className="flex items-center gap-3 py-1.5 pr-2 pl-3.5 tabular-nums"
          >
            <span className="min-w-0 flex-1" title={`${checkpoint.path}, ${clock(checkpoint.ts)}`}>
              <span className="font-medium">{t("run.step", { step: checkpoint.step })}</span>
              {checkpoint === best && (
                <span
                  className="ml-2 rounded-full bg-accent/15 px-1.5 py-px font-medium text-accent text-xs"
                  title={t("run.checkpoints.bestHint")}
                >
                  {t("run.checkpoints.best")}
                </span>
              )}
              <span className="block truncate text-muted text-xs">
                {timeOfDay(checkpoint.ts)}
                {checkpoint.eval_loss !== null &&
                  ` · ${t("run.checkpoints.evalLoss", { loss: checkpoint.eval_loss.toPrecision(4) })}`}
                {checkpoint.bytes !== null && ` · ${bytes(checkpoint.bytes)}`}
                {attempt > 1 && ` · ${t("run.attempt", { attempt: String(checkpoint.attempt) })}`}
              </span>
            </span>
            {checkpoint.lora_url ? (
              <a
                href={`${checkpoint.lora_url}?download=1`}
                download
                className={buttonClass("quiet", true)}
                aria-label={t("run.checkpoints.download", { step: String(checkpoint.step) })}
              >
                <Download className="size-3.5" />
                {t("run.checkpoints.lora")}
              </a>
            ) : (
              <span className="pr-1 text-muted text-xs">{t("run.checkpoints.gone")}</span>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
});

/** The checkpoint with the lowest eval/loss; none where fewer than two were evaluated, for then it is no choice. */
export function bestOf(checkpoints: readonly CheckpointRead[]): CheckpointRead | null {
  const evaluated = checkpoints.filter((checkpoint) => checkpoint.eval_loss !== null);
  if (evaluated.length < 2) return null;
  return evaluated.reduce((best, other) => ((other.eval_loss ?? 0) < (best.eval_loss ?? 0) ? other : best));
}
