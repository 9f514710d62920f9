"use client";

import { useState } from "react";
import type { DatasetDetail } from "@/api/schema";
import { useFaults, useSummary } from "@/datasets/queries";
import { t } from "@/messages";
import { Card } from "@/ui/card";
import { count } from "@/ui/format";
import { ErrorNotice } from "@/ui/notice";
import { Prose } from "@/ui/prose";

/** Rows of the source that could not be imported, by reason; a reason opens to its rows. */
export function ImportFaults({ dataset: { id, faults } }: { dataset: DatasetDetail }) {
  const { data: summary } = useSummary(id);
  const [code, setCode] = useState<string | null>(null);
  const rows = useFaults(id, code);
  return (
    <Card
      title={t("datasets.faults.title")}
      aside={<span className="text-muted text-xs">{t("datasets.rows", { rows: faults })}</span>}
    >
      <div className="flex flex-wrap gap-1.5">
        {summary?.faults.map((one) => (
          <button
            key={one.code}
            type="button"
            aria-pressed={code === one.code}
            onClick={() => setCode(code === one.code ? null : one.code)}
            className="rounded-md border border-edge px-2 py-1 text-xs tabular-nums hover:bg-sunken aria-pressed:bg-sunken aria-pressed:font-medium"
          >
            {one.code.replaceAll("_", " ")} <span className="text-muted">{count(one.count)}</span>
          </button>
        ))}
      </div>
      {rows.error && <ErrorNotice error={rows.error} />}
      {code && rows.data && (
        <div className="mt-3 max-h-64 overflow-y-auto rounded-md border border-line">
          <ul className="divide-y divide-line text-xs">
            {rows.data.faults.map(({ line, message }) => (
              <li key={line} className="break-words px-3 py-1.5">
                <Prose text={message} />
              </li>
            ))}
          </ul>
          {rows.data.total > rows.data.faults.length && (
            <p className="border-line border-t px-3 py-1.5 text-muted text-xs">
              {t("datasets.faults.first", { shown: rows.data.faults.length, all: rows.data.total })}
            </p>
          )}
        </div>
      )}
    </Card>
  );
}
