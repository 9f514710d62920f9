"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import type { RunDetail } from "@/api/schema";
import { t } from "@/messages";
import { useCommand, useDelete } from "@/runs/queries";
import { type Action, actionsOf } from "@/runs/state";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { Resume, Square, Trash } from "@/ui/icons";
import { ErrorNotice } from "@/ui/notice";

const ICON: Record<Action, React.ReactNode> = { stop: <Square />, resume: <Resume />, delete: <Trash /> };

/** What can be done with the run now; what is under way turns, and takes no second click. */
export function Actions({ run }: { run: RunDetail }) {
  const router = useRouter();
  const stop = useCommand(run.id, "stop");
  const resume = useCommand(run.id, "resume");
  const remove = useDelete(run.id);
  const [asking, setAsking] = useState(false);
  const commands = { stop, resume, delete: remove };
  const pending = stop.isPending || resume.isPending || remove.isPending || remove.isSuccess;
  const failed = [stop, resume, remove].find((command) => command.isError);

  const act = (action: Action) => {
    for (const command of Object.values(commands)) command.reset();
    if (action === "delete") setAsking(true);
    else commands[action].mutate();
  };

  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        {actionsOf(run).map(({ action, label, enabled, busy }) => (
          <Button
            key={action}
            tone={action === "delete" ? "danger" : action === "resume" ? "primary" : "quiet"}
            icon={ICON[action]}
            busy={busy || commands[action].isPending}
            disabled={!enabled || pending}
            onClick={() => act(action)}
          >
            {label}
          </Button>
        ))}
      </div>
      {failed && (
        <div className="w-full">
          <ErrorNotice
            error={failed.error}
            action={
              <Button tone="bare" small onClick={() => failed.reset()}>
                {t("run.dismiss")}
              </Button>
            }
          />
        </div>
      )}
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title={t("common.confirmDelete", { name: run.name })}
        yes={t("run.confirmDelete")}
        no={t("common.keep")}
        onYes={() => remove.mutate(undefined, { onSuccess: () => router.push("/") })}
      >
        {t("run.deleteMeans")}
      </Confirm>
    </>
  );
}
