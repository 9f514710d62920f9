"use client";

import { memo } from "react";
import type { EventRead } from "@/api/schema";
import { t } from "@/messages";
import { Card, ItemCount, Nothing } from "@/ui/card";
import { clock, timeOfDay } from "@/ui/format";
import { ErrorNotice } from "@/ui/notice";
import { Prose } from "@/ui/prose";
import { type Told, tell } from "./event-text";
import { useEvents } from "./queries";

const DOT: Record<Told["tone"], string> = {
  plain: "bg-edge",
  good: "bg-succeeded",
  warning: "bg-stopping",
  bad: "bg-failed",
};

/** Starts, warnings, stalls and ends of all attempts and ranks, the newest first. */
export const Events = memo(function Events({ runId, warnings }: { runId: string; warnings: number }) {
  const { data, error } = useEvents(runId);
  return (
    <Card
      title={t("run.events.title")}
      flush
      aside={
        warnings > 0 ? (
          <span className="text-stopping text-xs tabular-nums">{t("run.events.warnings", { warnings })}</span>
        ) : (
          <ItemCount of={data?.length ?? 0} />
        )
      }
    >
      {error && !data && <ErrorNotice error={error} />}
      {data?.length === 0 && <Nothing>{t("run.events.none")}</Nothing>}
      <ol className="max-h-80 divide-y divide-line overflow-y-auto">
        {data?.map((event) => (
          <EventRow key={event.id} event={event} />
        ))}
      </ol>
    </Card>
  );
});

function EventRow({ event }: { event: EventRead }) {
  const { title, text, tone } = tell(event);
  return (
    <li data-testid="event" data-type={event.type} className="flex gap-2.5 px-3.5 py-2 text-xs">
      <span aria-hidden="true" className={`mt-1.5 size-1.5 shrink-0 rounded-full ${DOT[tone]}`} />
      <div className="min-w-0 flex-1">
        <p className="flex gap-2">
          <span className="min-w-0 flex-1 break-words font-medium">{title}</span>
          <time className="shrink-0 text-muted tabular-nums" title={clock(event.ts)}>
            {timeOfDay(event.ts)}
          </time>
        </p>
        {text && (
          <p className="line-clamp-6 whitespace-pre-wrap break-words text-muted">
            <Prose text={text} />
          </p>
        )}
      </div>
    </li>
  );
}
