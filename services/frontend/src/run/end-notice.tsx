"use client";

import type { RunDetail } from "@/api/schema";
import { t } from "@/messages";
import { useHealth } from "@/system/queries";
import { Notice } from "@/ui/notice";
import { Prose } from "@/ui/prose";

/** Why a run failed, is lost or does not begin, and what to do about it: before everything else. */
export function EndNotice({ run }: { run: RunDetail }) {
  const { data: health } = useHealth();

  if (run.state === "failed" || run.state === "lost") {
    const lost = run.state === "lost";
    const [first = "", ...more] = run.message.trim().split("\n");
    return (
      <div data-testid="end-notice">
        <Notice title={<Prose text={first || (lost ? t("run.end.lost") : t("run.end.failed"))} />}>
          {more.length > 0 && (
            <pre className="my-1.5 max-h-48 overflow-auto whitespace-pre-wrap break-words rounded-md bg-sunken p-2 font-mono text-ink text-xs">
              {more.join("\n").trim()}
            </pre>
          )}
          <p>
            {run.code && <code className="mr-2 font-mono text-xs">{run.code}</code>}
            {t("run.end.seeLog")}
            {!lost && run.step > 0 && ` ${t("run.end.resume")}`}
          </p>
        </Notice>
      </div>
    );
  }

  const waits = run.state === "queued" && run.wanted === "run";
  if (run.code && (waits || run.state === "stopped")) {
    return (
      <div data-testid="end-notice">
        <Notice tone="muted" alert={false} title={<Prose text={run.message} />}>
          <code className="font-mono text-xs">{run.code}</code>
        </Notice>
      </div>
    );
  }
  if (!waits || !health) return null;
  const online = health.agents.filter((agent) => agent.online);
  if (online.length === 0) {
    return (
      <Notice tone="stopping" alert={false} title={t("run.end.noAgent")}>
        {t.rich("run.end.noAgentHelp", {
          code: (chunks) => <code className="font-mono">{chunks}</code>,
        })}
      </Notice>
    );
  }
  const busy = online.every((agent) => agent.alive.length > 0);
  if (!busy) return null;
  return (
    <Notice tone="muted" alert={false} title={t("run.end.busy")}>
      {t("run.end.busyHelp", { hosts: online.map((agent) => agent.host).join(", "), agents: online.length })}
    </Notice>
  );
}
