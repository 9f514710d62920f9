"use client";

import { memo, useEffect, useRef, useState } from "react";
import { asApiError } from "@/api/client";
import type { RunState } from "@/api/schema";
import { t } from "@/messages";
import { isActive } from "@/runs/state";
import { Button } from "@/ui/button";
import { Card, Nothing } from "@/ui/card";
import { ArrowDown, Pause, Play } from "@/ui/icons";
import { ErrorNotice } from "@/ui/notice";
import { useLog } from "./use-log";

/** Scrolled this near to the end the log keeps to the end. */
const NEAR_PX = 24;

interface Props {
  runId: string;
  /** The newest attempt; 0 before the first. */
  newest: number;
  state: RunState;
}

/** What the run prints. Follows the end until scrolled away; pausing stops the reading too. */
export const LogTail = memo(function LogTail({ runId, newest, state }: Props) {
  const [chosen, setChosen] = useState<number | null>(null);
  const [paused, setPaused] = useState(false);
  const [atEnd, setAtEnd] = useState(true);
  const box = useRef<HTMLPreElement>(null);
  const attempt = chosen ?? newest;
  const moves = isActive(state) && attempt === newest;
  const { data: log, error, refetch } = useLog(runId, attempt, moves && !paused);
  const lines = log?.attempt === attempt ? log.lines : [];
  const missing = error !== null && asApiError(error).status === 404;

  // What was printed last is read once more when the run has ended.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the state's move is the reason
  useEffect(() => {
    if (attempt > 0) void refetch();
  }, [state]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines are the reason
  useEffect(() => {
    if (atEnd && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines, atEnd]);

  return (
    <Card
      title={t("logs.title")}
      flush
      aside={
        <>
          {newest > 1 && (
            <select
              aria-label={t("logs.attemptLabel")}
              value={attempt}
              onChange={(event) => setChosen(Number(event.target.value))}
              className="h-7 rounded-md border border-edge bg-raised px-1.5 text-xs"
            >
              {Array.from({ length: newest }, (_, i) => newest - i).map((one) => (
                <option key={one} value={one}>
                  {t("run.attempt", { attempt: String(one) })}
                </option>
              ))}
            </select>
          )}
          {!atEnd && (
            <Button tone="bare" small icon={<ArrowDown />} onClick={() => setAtEnd(true)}>
              {t("logs.toEnd")}
            </Button>
          )}
          {moves && lines.length > 0 && (
            <Button
              tone="bare"
              small
              aria-pressed={paused}
              icon={paused ? <Play /> : <Pause />}
              onClick={() => setPaused(!paused)}
            >
              {paused ? t("logs.follow") : t("logs.pause")}
            </Button>
          )}
        </>
      }
    >
      {error && !missing && lines.length === 0 && <ErrorNotice error={error} />}
      {lines.length === 0 ? (
        <Nothing>{attempt === 0 ? t("logs.notBegun") : missing || log ? t("logs.nothing") : t("logs.reading")}</Nothing>
      ) : (
        <pre
          ref={box}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled text must be reachable by keyboard
          tabIndex={0}
          role="log"
          aria-live="off"
          aria-label={t("logs.label")}
          data-testid="log"
          onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) =>
            setAtEnd(scrollHeight - scrollTop - clientHeight < NEAR_PX)
          }
          className="max-h-80 overflow-auto whitespace-pre-wrap break-all px-3.5 py-2.5 font-mono text-xs leading-relaxed focus-visible:-outline-offset-2"
        >
          {log?.cut && (
            <span className="text-muted">
              {t("logs.cut")}
              {"\n"}
            </span>
          )}
          {lines.join("\n")}
        </pre>
      )}
    </Card>
  );
});
