"use client";

import { type FormEvent, useState } from "react";
import { asApiError } from "@/api/client";
import { errorAt } from "@/api/field-error";
import type { DatasetDetail, Summary } from "@/api/schema";
import { useSplit } from "@/datasets/item-queries";
import { useGroups } from "@/datasets/queries";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import { count } from "@/ui/format";
import { inputClass, Labelled } from "@/ui/labelled";
import { ErrorNotice } from "@/ui/notice";

const WAYS = ["none", "seed", "group"] as const;
type Way = (typeof WAYS)[number];

/** Hold some files out for validation: a share by a fixed seed, or whole folders. */
export function SplitForm({ dataset: { id }, summary }: { dataset: DatasetDetail; summary: Summary }) {
  const [by, setBy] = useState<Way>("seed");
  const [percent, setPercent] = useState("2");
  const [seed, setSeed] = useState("0");
  const [prefixes, setPrefixes] = useState<readonly string[]>([]);
  const groups = useGroups(id, by === "group");
  const split = useSplit(id);
  const error = split.error ? asApiError(split.error) : null;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (by === "seed") split.mutate({ by, seed: Number(seed), share: Number(percent) / 100 });
    else if (by === "group") split.mutate({ by, prefixes: [...prefixes] });
    else split.mutate({ by });
  };

  return (
    <form onSubmit={submit} noValidate className="space-y-3">
      <fieldset className="flex flex-wrap gap-x-5 gap-y-1">
        <legend className="sr-only">{t("datasets.split.title")}</legend>
        {WAYS.map((way) => (
          <label key={way} className="flex items-center gap-1.5">
            <input type="radio" name="split" checked={by === way} onChange={() => setBy(way)} />
            {t(`datasets.split.ways.${way}`)}
          </label>
        ))}
      </fieldset>
      {by === "seed" && (
        <div className="grid max-w-md grid-cols-2 gap-4">
          <Labelled
            label={t("datasets.split.heldOut")}
            unit="%"
            error={errorAt(error, "seed.share", "share")}
            name="share"
          >
            {(aria) => (
              <input
                {...aria}
                value={percent}
                inputMode="decimal"
                onChange={(event) => setPercent(event.target.value)}
                className={`h-8 ${inputClass}`}
              />
            )}
          </Labelled>
          <Labelled
            label={t("datasets.split.seed")}
            help={t("datasets.split.seedHelp")}
            error={errorAt(error, "seed.seed", "seed")}
            name="seed"
          >
            {(aria) => (
              <input
                {...aria}
                value={seed}
                inputMode="numeric"
                onChange={(event) => setSeed(event.target.value)}
                className={`h-8 ${inputClass}`}
              />
            )}
          </Labelled>
        </div>
      )}
      {by === "group" && (
        <fieldset className="max-h-48 max-w-md overflow-y-auto rounded-md border border-line px-3 py-2">
          <legend className="sr-only">{t("datasets.split.folders")}</legend>
          {groups.data?.length === 0 && <p className="text-muted text-xs">{t("datasets.split.oneFolder")}</p>}
          {groups.data?.map(({ prefix, count: held }) => (
            <label key={prefix} className="flex items-center gap-2 py-0.5">
              <input
                type="checkbox"
                checked={prefixes.includes(prefix)}
                onChange={({ target }) =>
                  setPrefixes(target.checked ? [...prefixes, prefix] : prefixes.filter((one) => one !== prefix))
                }
              />
              <span className="min-w-0 truncate font-mono text-xs" title={prefix}>
                {prefix}
              </span>
              <span className="ml-auto text-muted text-xs tabular-nums">{count(held)}</span>
            </label>
          ))}
        </fieldset>
      )}
      {error && !errorAt(error, "seed", "share") && <ErrorNotice error={error} />}
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" tone="primary" busy={split.isPending} disabled={by === "group" && prefixes.length === 0}>
          {by === "none" ? t("datasets.split.holdNothing") : t("datasets.split.do")}
        </Button>
        <p className="text-muted text-xs tabular-nums" data-testid="split-counts">
          {t("datasets.split.now", { training: summary.training, validation: summary.validation })}
        </p>
      </div>
    </form>
  );
}
