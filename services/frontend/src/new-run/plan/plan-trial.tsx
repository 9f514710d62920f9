"use client";

import { useEffect } from "react";
import { asApiError } from "@/api/client";
import { t } from "@/messages";
import type { Asked } from "@/new-run/queries";
import { Button } from "@/ui/button";
import { Square } from "@/ui/icons";
import { Prose } from "@/ui/prose";
import { useTrial } from "./plan-queries";
import { stepText, trialText, triedSeconds } from "./plan-text";

interface Props {
  asked: Asked;
  /** Why the plan does not take the trial's figure as it is; empty where it does. */
  note: string;
  onTried: (taskId: string) => void;
}

/** Times 20 steps on the GPU host, and gives the task that the plan is to take them from. */
export function PlanTrial({ asked, note, onTried }: Props) {
  const { begin, stop, task, error, isRunning } = useTrial();
  const seconds = triedSeconds(task);
  const triedId = seconds !== null && task ? task.id : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once for each result
  useEffect(() => {
    if (triedId !== null) onTried(triedId);
  }, [triedId]);
  return (
    <div className="space-y-1.5">
      <div className="flex flex-wrap gap-2">
        <Button small busy={isRunning} onClick={() => begin.mutate(asked)}>
          {t("newRun.plan.trial.begin")}
        </Button>
        {isRunning && task && (
          <Button small tone="bare" icon={<Square />} busy={stop.isPending} onClick={() => stop.mutate()}>
            {t("common.stop")}
          </Button>
        )}
      </div>
      <p className="text-muted text-xs tabular-nums" role="status">
        {error ? (
          <Prose text={`${asApiError(error).message} ${asApiError(error).hint}`} />
        ) : seconds !== null ? (
          `${t("newRun.plan.trial.took", { time: stepText({ low: seconds, high: seconds }) })} ${note || t("newRun.plan.trial.used")}`
        ) : (
          task && <Prose text={trialText(task)} />
        )}
      </p>
    </div>
  );
}
