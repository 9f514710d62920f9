"use client";

import type { AgentRead } from "@/api/schema";
import type { Status } from "@/live/connection";
import { useLiveStatus } from "@/live/provider";
import { t } from "@/messages";
import { bytes } from "@/ui/format";
import { Prose } from "@/ui/prose";
import { useHealth } from "./queries";

const DOT: Record<Status, string> = { connecting: "bg-muted", live: "bg-succeeded", lost: "bg-stopping animate-pulse" };

/** Connection, agents and problems at the foot of every page. */
export function StatusStrip() {
  const status = useLiveStatus();
  const { data: health } = useHealth();
  const online = health?.agents.filter((agent) => agent.online) ?? [];
  return (
    <footer className="border-line border-t bg-raised">
      {health && health.problems.length > 0 && (
        <ul className="mx-auto max-w-[100rem] space-y-1 px-4 pt-2.5 text-xs sm:px-6">
          {health.problems.map((problem) => (
            <li key={problem} className="flex gap-2">
              <span className="font-medium text-stopping">{t("system.problem")}</span>
              <span className="min-w-0 break-words">
                <Prose text={problem} />
              </span>
            </li>
          ))}
        </ul>
      )}
      <div className="mx-auto flex min-h-10 max-w-[100rem] flex-wrap items-center gap-x-5 gap-y-1 px-4 py-2 text-muted text-xs tabular-nums sm:px-6">
        <span role="status" data-testid="connection" data-status={status} className="flex items-center gap-1.5">
          <span aria-hidden="true" className={`size-1.5 rounded-full ${DOT[status]}`} />
          {t(`system.status.${status}`)}
        </span>
        {health && <AgentLine online={online} />}
        {health && (
          <span className="ml-auto flex min-w-0 flex-wrap gap-x-5 gap-y-1">
            <span>{t("system.free", { size: bytes(health.disk_free_bytes) })}</span>
            <span className="min-w-0 truncate font-mono" title={health.logs_dir}>
              {health.logs_dir}
            </span>
            <span>{t("system.version", { version: health.version })}</span>
          </span>
        )}
      </div>
    </footer>
  );
}

function AgentLine({ online }: { online: AgentRead[] }) {
  if (online.length === 0) {
    return (
      <span data-testid="agents" data-online="0" className="text-stopping">
        {t("system.noAgent")}
      </span>
    );
  }
  const busy = online.filter((agent) => agent.alive.length > 0).length;
  const gpus = online.reduce((sum, agent) => sum + agent.gpus.length, 0);
  return (
    <span data-testid="agents" data-online={online.length} title={online.map(describe).join("\n")}>
      {busy > 0
        ? t("system.agentsBusy", { agents: online.length, busy })
        : t("system.agentsIdle", { agents: online.length })}{" "}
      · {gpus > 0 ? t("system.gpus", { gpus }) : t("system.cpuOnly")}
    </span>
  );
}

const describe = (agent: AgentRead) => {
  const of = { host: agent.host, gpus: agent.gpus.join(", ") || t("system.noGpu") };
  return agent.alive.length > 0
    ? t("system.agentRuns", { ...of, runs: agent.alive.join(", ") })
    : t("system.agent", of);
};
