"use client";

import { memo } from "react";
import type { RunDetail } from "@/api/schema";
import { t } from "@/messages";
import { Card } from "@/ui/card";
import { CopyButton } from "@/ui/copy-button";

/** The resolved config, as the trainer read it. */
export const ConfigTable = memo(function ConfigTable({ config, folder }: Pick<RunDetail, "config" | "folder">) {
  const entries = Object.entries(config).filter(([, value]) => value !== null);
  return (
    <Card
      title={t("run.config.title")}
      flush
      aside={<CopyButton text={JSON.stringify(config, null, 2)}>{t("run.config.copy")}</CopyButton>}
    >
      <dl className="max-h-96 overflow-y-auto py-1.5 text-xs tabular-nums">
        {entries.map(([key, value]) => (
          <div key={key} className="flex gap-3 px-3.5 py-0.5">
            <dt className="shrink-0 text-muted">{key}</dt>
            <dd className="ml-auto min-w-0 break-all text-right">{shown(value)}</dd>
          </div>
        ))}
        <div className="mt-1.5 flex gap-3 border-line border-t px-3.5 pt-2 pb-0.5">
          <dt className="shrink-0 text-muted">{t("run.config.folder")}</dt>
          <dd className="ml-auto min-w-0 break-all text-right">{folder}</dd>
        </div>
      </dl>
    </Card>
  );
});

function shown(value: unknown): string {
  if (value === "" || (Array.isArray(value) && value.length === 0)) return t("run.config.none");
  if (Array.isArray(value)) return value.map(shown).join("; ");
  if (typeof value !== "object" || value === null) return String(value);
  const set = Object.entries(value).filter(([, one]) => one !== null && one !== "");
  return set.map(([key, one]) => `${key} ${shown(one)}`).join(", ");
}
