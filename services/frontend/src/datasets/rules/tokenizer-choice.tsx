"use client";

import type { DatasetDetail, ScanStart } from "@/api/schema";
import { isScanning, useScan } from "@/datasets/queries";
import { t } from "@/messages";
import { inputClass } from "@/ui/labelled";

type Model = NonNullable<ScanStart["model"]>;

/** Wan's models have one tokenizer. */
const MODELS: readonly Model[] = ["wan2.2-ti2v-5b", "tiny-wan"];

/** Whose tokens captions are counted in. Another choice has them counted anew. */
export function TokenizerChoice({ dataset }: { dataset: DatasetDetail }) {
  const scan = useScan(dataset.id);
  const { tokenizer } = dataset;
  if (!tokenizer) return null;
  return (
    <label className="flex items-center gap-1.5">
      {t("datasets.rules.tokensOf")}
      <select
        aria-label={t("datasets.rules.tokensOfLabel")}
        value={tokenizer.model === "tiny-wan" ? "tiny-wan" : "wan2.2-ti2v-5b"}
        disabled={scan.isPending || isScanning(dataset)}
        onChange={({ target: { value } }) => scan.mutate({ model: value as Model })}
        className={`h-6 w-auto! px-1.5! ${inputClass}`}
      >
        {MODELS.map((model) => (
          <option key={model} value={model}>
            {model === "tiny-wan" ? model : t("datasets.rules.wan")}
          </option>
        ))}
      </select>
    </label>
  );
}
