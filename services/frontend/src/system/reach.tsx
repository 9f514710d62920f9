"use client";

import { useEffect, useState } from "react";
import { asApiError } from "@/api/client";
import { useLiveStatus } from "@/live/provider";
import { t } from "@/messages";
import { Spinner } from "@/ui/icons";
import { Notice } from "@/ui/notice";
import { useHealth } from "./queries";

/** A restart takes a moment; only what lasts longer is worth a banner. */
const PATIENCE_MS = 1_500;

/** Whether the backend answers: REST or the socket is enough for "yes". */
export function useUnreachable(): boolean {
  const status = useLiveStatus();
  const { error } = useHealth();
  const down = status !== "live" && error !== null && asApiError(error).unreachable;
  const lost = status === "lost";
  const [waited, setWaited] = useState(false);
  useEffect(() => {
    if (!lost) return setWaited(false);
    const timer = setTimeout(() => setWaited(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [lost]);
  return down || (lost && waited);
}

/** Says, on every page, that what is shown may be old. */
export function ReachBanner() {
  if (!useUnreachable()) return null;
  return (
    <Notice tone="stopping" title={t("system.unreachable")} action={<Spinner className="mt-0.5 size-4 text-muted" />}>
      {t.rich("system.unreachableHelp", { code: (chunks) => <code className="font-mono">{chunks}</code> })}
    </Notice>
  );
}
