import { useEffect, useRef } from "react";
import type { AgentRead } from "@/api/schema";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import { Card, Nothing } from "@/ui/card";
import { duration } from "@/ui/format";
import { Alert, Check, Cross, Halt, Spinner } from "@/ui/icons";
import { Prose } from "@/ui/prose";
import { type CheckFact, type CheckState, isActive, type Standing, verdict, waitsFor } from "./check-state";

interface Props {
  state: CheckState | undefined;
  agents: readonly AgentRead[] | undefined;
  /** The form says something else than what was checked. */
  isOld: boolean;
  stopping: boolean;
  onStop: () => void;
  onAgain: () => void;
}

/** Whether the run can be done where it would be, check by check as they come. Moves into sight when a check begins. */
export function CheckPanel({ state, agents, isOld, stopping, onStop, onAgain }: Props) {
  const active = !state || isActive(state.task);
  const progress = state?.task.progress as { done?: number; total?: number } | null | undefined;
  const panel = useRef<HTMLDivElement>(null);
  const begins = !state;
  useEffect(() => {
    if (begins) panel.current?.scrollIntoView({ block: "start", behavior: "smooth" });
  }, [begins]);
  const stop = active && (
    <Button small icon={<Halt />} busy={stopping} onClick={onStop}>
      {t("common.stop")}
    </Button>
  );
  return (
    <div ref={panel} className={`scroll-mt-4 ${active ? "min-h-[60dvh]" : ""}`}>
      <Card
        title={t("newRun.check.title")}
        flush
        aside={
          <>
            <span role="status" data-testid="check-verdict" className="text-muted text-xs tabular-nums">
              {!state
                ? "…"
                : !active
                  ? verdict(state)
                  : progress
                    ? t("format.part", { done: String(progress.done ?? 0), total: String(progress.total) })
                    : t("newRun.check.queued")}
            </span>
            {stop}
          </>
        }
      >
        {isOld && (
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-line border-b bg-caution px-3.5 py-2">
            <p className="min-w-0 flex-1 basis-60">{t("newRun.check.isOld")}</p>
            {!active && (
              <Button small onClick={onAgain}>
                {t("newRun.check.again")}
              </Button>
            )}
          </div>
        )}
        {state?.task.state === "queued" && (
          <Nothing>
            <Prose text={waitsFor(agents)} />
          </Nothing>
        )}
        {state?.task.state === "failed" && state.task.hint && <Nothing>{state.task.hint}</Nothing>}
        <ul className="divide-y divide-line">
          {state?.checks.map((check) => (
            <CheckRow key={check.name} check={check} active={active} />
          ))}
        </ul>
      </Card>
    </div>
  );
}

function CheckRow({ check, active }: { check: CheckFact; active: boolean }) {
  const running = check.standing === "running";
  return (
    <li
      data-testid={`check-${check.name}`}
      data-standing={check.standing}
      className="grid grid-cols-[1rem_minmax(0,1fr)_auto] items-start gap-x-3 px-3.5 py-2 sm:grid-cols-[1rem_13rem_minmax(0,1fr)_auto]"
    >
      <StandingIcon standing={running && !active ? "skipped" : check.standing} />
      <span className="font-medium">{check.title}</span>
      <span className="text-right text-muted text-xs tabular-nums leading-5 sm:order-last">
        {running ? active && t("newRun.check.upTo", { time: duration(check.limit_s) }) : took(check)}
      </span>
      <div className="col-span-2 col-start-2 min-w-0 space-y-1 break-words text-muted text-xs leading-5 sm:col-span-1 sm:col-start-3">
        {check.found && (
          <p className={check.standing === "failure" ? "text-failed" : undefined}>
            <Prose text={check.found} />
          </p>
        )}
        {check.hint && (
          <p className="text-ink">
            <Prose text={check.hint} />
          </p>
        )}
        {check.details?.stack && (
          <details>
            <summary className="cursor-pointer">{t("newRun.check.stack")}</summary>
            <pre className="mt-1 overflow-x-auto rounded bg-sunken p-2 font-mono">{check.details.stack}</pre>
          </details>
        )}
      </div>
    </li>
  );
}

function StandingIcon({ standing }: { standing: Standing }) {
  const icons = {
    running: <Spinner className="mt-0.5 size-4 text-accent" />,
    ok: <Check className="mt-0.5 size-4 text-succeeded" />,
    warning: <Alert className="mt-0.5 size-4 text-stopping" />,
    failure: <Cross className="mt-0.5 size-4 text-failed" />,
    skipped: <span className="mt-2.5 block h-px w-3 bg-edge" />,
  };
  return (
    <span>
      {icons[standing]}
      <span className="sr-only">{t(`newRun.check.standing.${standing}`)}</span>
    </span>
  );
}

const took = ({ took_s, standing }: CheckFact) =>
  standing === "skipped" || took_s == null || took_s < 0.1
    ? ""
    : took_s < 10
      ? t("format.duration.s", { amount: took_s.toFixed(1) })
      : duration(took_s);
