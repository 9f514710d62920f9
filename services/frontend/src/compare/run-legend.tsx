"use client";

import Link from "next/link";
import { t } from "@/messages";
import { Downloads } from "@/metrics/downloads";
import { StatePill } from "@/runs/state-pill";
import { Cross } from "@/ui/icons";
import type { Compared } from "./use-compared";

/** Which colour is which run. */
export function RunLegend({ compared, onRemove }: { compared: readonly Compared[]; onRemove: (id: string) => void }) {
  return (
    <ul
      aria-label={t("compare.legend")}
      className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-raised shadow-card"
    >
      {compared.map(({ id, colour, run }) => (
        <li key={id} data-testid="compared-run" data-run={id} className="flex min-h-9 items-center gap-3 px-3.5 py-1">
          <span
            aria-hidden="true"
            className={`h-1 w-5 shrink-0 rounded-full ${run ? "" : "opacity-40"}`}
            style={{ background: `var(${colour})` }}
          />
          <div className="min-w-0 flex-1">
            {run ? (
              <Link
                href={`/run/?id=${encodeURIComponent(id)}`}
                title={run.name}
                className="block truncate rounded font-medium hover:underline"
              >
                {run.name}
              </Link>
            ) : (
              <span className="block truncate text-muted" title={id}>
                {t("compare.missing", { id })}
              </span>
            )}
          </div>
          {run && (
            <>
              <span className="text-muted text-xs max-md:hidden">{run.model}</span>
              <span className="max-sm:hidden">
                <Downloads runId={id} name={run.name} />
              </span>
              <span className="flex w-24 shrink-0 justify-end">
                <StatePill state={run.state} />
              </span>
            </>
          )}
          <button
            type="button"
            aria-label={t("compare.remove", { run: run?.name ?? id })}
            title={t("compare.removeHint")}
            onClick={() => onRemove(id)}
            className="rounded p-1 text-muted hover:bg-sunken hover:text-ink"
          >
            <Cross className="size-3.5" />
          </button>
        </li>
      ))}
    </ul>
  );
}
