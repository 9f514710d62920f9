"use client";

import { t } from "@/messages";

import { Button } from "@/ui/button";

interface Props {
  amount: number;
  busy: boolean;
  onQuarantine: (on: boolean) => void;
  onClear: () => void;
}

/** What can be done with the items that are selected. */
export function SelectionBar({ amount, busy, onQuarantine, onClear }: Props) {
  if (amount === 0) return null;
  return (
    <div
      role="status"
      className="fixed bottom-4 left-1/2 z-30 flex max-w-[calc(100vw-2rem)] -translate-x-1/2 flex-wrap items-center justify-center gap-2 rounded-lg border border-edge bg-raised px-3.5 py-2 shadow-xl"
    >
      <p className="mr-2 tabular-nums">{t("datasets.selection.selected", { clips: amount })}</p>
      <Button small tone="danger" busy={busy} onClick={() => onQuarantine(true)}>
        {t("datasets.quarantine.do")}
      </Button>
      <Button small disabled={busy} onClick={() => onQuarantine(false)}>
        {t("datasets.selection.useAgain")}
      </Button>
      <Button small tone="bare" onClick={onClear}>
        {t("common.clear")}
      </Button>
    </div>
  );
}
