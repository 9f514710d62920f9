"use client";

import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { RunDetail } from "@/api/schema";
import { useSteps } from "@/live/use-steps";
import { t } from "@/messages";
import { number } from "@/ui/format";
import { Chevron } from "@/ui/icons";

const NEWEST_EVERY_MS = 1_000;
/** So many values have a place in one line. */
const NEWEST_UP_TO = 8;

/** A group of metrics: what it holds in one line, and the charts when it is opened. */
export function MetricGroup({
  group,
  names,
  runIds,
  forceOpen,
  children,
}: {
  group: string;
  names: readonly string[];
  runIds: readonly string[];
  /** Someone looks for a metric. */
  forceOpen: boolean;
  children: ReactNode;
}) {
  const [wished, setOpen] = useState(false);
  const open = wished || forceOpen;
  const only = runIds.length === 1 && names.length <= NEWEST_UP_TO ? runIds[0] : undefined;
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
        {!open && only !== undefined ? (
          <Newest runId={only} group={group} names={names} />
        ) : (
          <span className="ml-auto text-muted text-xs">{t("metrics.count", { metrics: names.length })}</span>
        )}
      </summary>
      {open && <div className="border-line border-t p-3.5">{children}</div>}
    </details>
  );
}

function Newest({ runId, group, names }: { runId: string; group: string; names: readonly string[] }) {
  const queries = useQueryClient();
  useSteps([runId], NEWEST_EVERY_MS);
  const { last } = queries.getQueryData<RunDetail>(["run", runId]) ?? {};
  return (
    <span className="ml-auto flex min-w-0 flex-wrap justify-end gap-x-4 text-muted text-xs tabular-nums">
      {names.map((name) => (
        <span key={name}>
          {shortName(name, group)} <span className="text-ink">{number(last?.[name])}</span>
        </span>
      ))}
    </span>
  );
}

const shortName = (name: string, group: string) => (name.startsWith(`${group}/`) ? name.slice(group.length + 1) : name);
