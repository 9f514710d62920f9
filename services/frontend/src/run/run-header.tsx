"use client";

import Link from "next/link";
import type { RunDetail } from "@/api/schema";
import { t } from "@/messages";
import { StatePill } from "@/runs/state-pill";
import { ago, clock } from "@/ui/format";
import { Chevron } from "@/ui/icons";
import { useNow } from "@/ui/use-now";
import { Actions } from "./actions";

export function RunHeader({ run }: { run: RunDetail }) {
  const now = useNow();
  return (
    <header className="space-y-2">
      <nav aria-label={t("common.breadcrumb")} className="flex items-center gap-1 text-muted text-xs">
        <Link href="/" className="rounded hover:text-ink">
          {t("runs.title")}
        </Link>
        <Chevron className="size-3" />
        <span className="min-w-0 truncate font-mono">{run.id}</span>
      </nav>
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-72 space-y-1">
          <div className="flex min-w-0 items-center gap-2.5">
            <h1 className="min-w-0 truncate font-semibold text-xl tracking-tight" title={run.name}>
              {run.name}
            </h1>
            <StatePill state={run.state} />
          </div>
          <p className="text-muted text-xs tabular-nums">
            {[
              run.model,
              run.attempt > 0 && t("run.attempt", { attempt: String(run.attempt) }),
              run.host && t("run.onHost", { host: run.host }),
              run.world_size && run.world_size > 1 && t("run.ranks", { ranks: run.world_size }),
            ]
              .filter(Boolean)
              .join(" · ")}
            <span title={clock(run.created_at)}>
              {" · "}
              {t("run.created", { when: now > 0 ? ago(run.created_at, now) : clock(run.created_at) })}
            </span>
          </p>
        </div>
        <Actions run={run} />
      </div>
    </header>
  );
}
