"use client";

import { memo, useState } from "react";
import { t } from "@/messages";
import { Card, ItemCount, Nothing } from "@/ui/card";
import { count } from "@/ui/format";
import { ErrorNotice } from "@/ui/notice";
import { byStep, type Pair } from "./by-step";
import { useSamples } from "./queries";
import { SampleVideo } from "./sample-video";

/** What the LoRA draws, by the step it was drawn at; the newest is shown until another is chosen. */
export const Samples = memo(function Samples({ runId }: { runId: string }) {
  const { data, error } = useSamples(runId);
  const [chosen, setChosen] = useState<number | null>(null);
  const steps = byStep(data ?? []);
  const shown = steps.find(({ step }) => step === chosen) ?? steps[0];
  return (
    <Card title={t("samples.title")} aside={<ItemCount of={data?.length ?? 0} />} flush>
      {error && !data && <ErrorNotice error={error} />}
      {data && !shown && <Nothing>{t("samples.none")}</Nothing>}
      {shown && (
        <div className="space-y-3 p-3.5">
          {steps.length > 1 && (
            <fieldset className="flex gap-1 overflow-x-auto pb-1">
              <legend className="sr-only">{t("samples.step")}</legend>
              {steps.map(({ step }) => (
                <button
                  key={step}
                  type="button"
                  aria-pressed={step === shown.step}
                  onClick={() => setChosen(step === steps[0]?.step ? null : step)}
                  className="h-6 shrink-0 rounded border border-transparent px-1.5 text-muted text-xs tabular-nums hover:text-ink aria-pressed:border-edge aria-pressed:bg-sunken aria-pressed:font-medium aria-pressed:text-ink"
                >
                  {count(step)}
                </button>
              ))}
            </fieldset>
          )}
          {shown.pairs.map((pair) => (
            <PairRow key={`${pair.seed} ${pair.prompt}`} pair={pair} step={shown.step} />
          ))}
        </div>
      )}
    </Card>
  );
});

function PairRow({ pair, step }: { pair: Pair; step: number }) {
  const { base, lora, prompt } = pair;
  return (
    <figure className="space-y-1.5">
      <div className={`grid gap-1.5 ${base && lora ? "grid-cols-2" : "grid-cols-1"}`}>
        {base && <SampleVideo sample={base} label={t("samples.base")} />}
        {lora && <SampleVideo sample={lora} label={t("run.step", { step })} />}
      </div>
      <figcaption className="line-clamp-2 text-muted text-xs" title={prompt}>
        {prompt}
      </figcaption>
    </figure>
  );
}
