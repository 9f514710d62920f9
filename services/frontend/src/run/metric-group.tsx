"use client";

import { type ReactNode, useState } from "react";
import { useSteps } from "@/live/use-steps";
import { number } from "@/ui/format";
import { Chevron } from "@/ui/icons";
import { curveOf, type Window } from "./use-metrics";

const NEWEST_EVERY_MS = 1_000;

/** A group of further metrics: their newest values in one line, and the charts when it is opened. */
export function MetricGroup({
  runId,
  window,
  group,
  names,
  children,
}: {
  runId: string;
  window: Window | undefined;
  group: string;
  names: readonly string[];
  children: ReactNode;
}) {
  const [open, setOpen] = useState(false);
  return (
    <details
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className="group/metrics overflow-hidden rounded-lg border border-line bg-raised shadow-card"
    >
      <summary className="flex min-h-10 flex-wrap items-center gap-x-4 gap-y-0.5 px-3.5 py-2 focus-visible:-outline-offset-2 [&::-webkit-details-marker]:hidden">
        <span className="flex items-center gap-2 font-medium">
          <Chevron className="size-3.5 transition-transform group-open/metrics:rotate-90" />
          <span className="capitalize">{group}</span>
        </span>
        {!open && <Newest runId={runId} window={window} group={group} names={names} />}
      </summary>
      {open && <div className="border-line border-t p-3.5">{children}</div>}
    </details>
  );
}

function Newest({
  runId,
  window,
  group,
  names,
}: {
  runId: string;
  window: Window | undefined;
  group: string;
  names: readonly string[];
}) {
  const { store } = useSteps(runId, NEWEST_EVERY_MS);
  return (
    <span className="ml-auto flex min-w-0 flex-wrap justify-end gap-x-4 text-muted text-xs tabular-nums">
      {names.map((name) => (
        <span key={name}>
          {shortName(name, group)}{" "}
          <span className="text-ink">{number(curveOf(name, window, store, true).mean.at(-1))}</span>
        </span>
      ))}
    </span>
  );
}

const shortName = (name: string, group: string) => (name.startsWith(`${group}/`) ? name.slice(group.length + 1) : name);
