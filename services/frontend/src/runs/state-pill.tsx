import type { RunState } from "@/api/schema";
import { t } from "@/messages";
import { Alert, Check, Clock, Dots, Halt, Play, Question, Spinner } from "@/ui/icons";

const LOOK: Record<RunState, { colour: string; Icon: (props: { className?: string }) => React.ReactNode }> = {
  queued: { colour: "text-queued", Icon: Clock },
  preparing: { colour: "text-preparing", Icon: Dots },
  running: { colour: "text-running", Icon: Play },
  stopping: { colour: "text-stopping", Icon: Spinner },
  succeeded: { colour: "text-succeeded", Icon: Check },
  stopped: { colour: "text-stopped", Icon: Halt },
  failed: { colour: "text-failed", Icon: Alert },
  lost: { colour: "text-lost", Icon: Question },
};

/** A run's state as icon and word; never colour alone. */
export function StatePill({ state }: { state: RunState }) {
  const { colour, Icon } = LOOK[state];
  return (
    <span
      data-testid="run-state"
      data-state={state}
      title={t(`runs.state.${state}.meaning`)}
      className={`inline-flex h-6 items-center gap-1 rounded-full border border-current/25 bg-current/8 pr-2.5 pl-1.5 font-medium text-xs ${colour}`}
    >
      <Icon className="size-3.5" />
      {t(`runs.state.${state}.name`)}
    </span>
  );
}
