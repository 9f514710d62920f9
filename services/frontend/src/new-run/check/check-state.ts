import { hashKey } from "@tanstack/react-query";
import type { AgentRead, TaskRead } from "@/api/schema";
import { t } from "@/messages";
import { plannable } from "@/new-run/plan/plan-inputs";
import type { Asked } from "@/new-run/queries";

export type Standing = "running" | "ok" | "warning" | "failure" | "skipped";

/** One check, as its newest fact tells (trainer/contract/check.py). */
export interface CheckFact {
  name: string;
  title: string;
  standing: Standing;
  limit_s: number;
  found?: string;
  hint?: string;
  took_s?: number | null;
  details?: { stack?: string };
}

/** How a check of a config stands: its task, what was found so far, and where to ask on. */
export interface CheckState {
  task: TaskRead;
  checks: CheckFact[];
  offset: number;
}

const isCheck = (fact: Record<string, unknown>): fact is Record<string, unknown> & CheckFact =>
  fact.type === "check" && typeof fact.name === "string";

/** `before`, brought up to date by what was found since. */
export function withFacts(before: CheckState | undefined, task: TaskRead): CheckState {
  const checks = new Map((before?.checks ?? []).map((check) => [check.name, check]));
  for (const fact of task.facts) if (isCheck(fact)) checks.set(fact.name, fact);
  return { task, checks: [...checks.values()], offset: task.offset };
}

export const isActive = (task: TaskRead | undefined) => task?.state === "queued" || task?.state === "running";

/** Whether what was checked is what would be started now. */
export const isSame = (checked: Asked, now: Asked) =>
  hashKey([{ ...checked, config: plannable(checked.config) }]) === hashKey([{ ...now, config: plannable(now.config) }]);

/** What a queued check waits for. */
export function waitsFor(agents: readonly AgentRead[] | undefined): string {
  if (!agents) return t("newRun.check.waits.agent");
  const online = agents.filter((agent) => agent.online);
  if (online.length === 0) return t("newRun.check.waits.noAgent");
  const run = online.flatMap((agent) => agent.alive)[0];
  if (run) return t("newRun.check.waits.run", { run });
  return t("newRun.check.waits.moment");
}

/** All checks in one sentence, once they are over. */
export function verdict({ task, checks }: CheckState): string {
  const count = (standing: Standing) => checks.filter((check) => check.standing === standing).length;
  const [failures, warnings] = [count("failure"), count("warning")];
  if (task.state === "failed") return task.message;
  if (task.state === "stopped") return t("newRun.check.verdict.stopped");
  if (failures) return t("newRun.check.verdict.failed", { checks: failures });
  if (warnings) return t("newRun.check.verdict.warned", { warnings });
  return t("newRun.check.verdict.fit");
}
