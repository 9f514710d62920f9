import type { ReactNode } from "react";
import { asApiError } from "@/api/client";
import { Alert, Clock } from "./icons";
import { Prose } from "./prose";

type Tone = "failed" | "stopping" | "muted";

const TONES: Record<Tone, string> = {
  failed: "border-failed/40 bg-danger [--mark:var(--failed)]",
  stopping: "border-stopping/40 bg-caution [--mark:var(--stopping)]",
  muted: "border-line bg-raised [--mark:var(--muted)]",
};

/** Something a person should know, what it means and what to do. */
export function Notice({
  tone = "failed",
  title,
  children,
  action,
  alert = true,
}: {
  tone?: Tone;
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  alert?: boolean;
}) {
  const Icon = tone === "muted" ? Clock : Alert;
  return (
    <div
      role={alert ? "alert" : "note"}
      className={`flex flex-wrap items-start gap-x-3 gap-y-2 rounded-lg border px-3.5 py-2.5 ${TONES[tone]}`}
    >
      <Icon className="mt-0.5 size-4 text-(--mark)" />
      <div className="min-w-0 flex-1 basis-60 space-y-0.5">
        <p className="break-words font-medium">{title}</p>
        {children && <div className="break-words text-muted">{children}</div>}
      </div>
      {action}
    </div>
  );
}

/** A failure of the API as its message and hint. */
export function ErrorNotice({ error, action }: { error: unknown; action?: ReactNode }) {
  const { message, hint } = asApiError(error);
  return (
    <Notice title={<Prose text={message} />} action={action}>
      <Prose text={hint} />
    </Notice>
  );
}
