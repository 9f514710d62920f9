"use client";

import { useState } from "react";
import type { DatasetDetail, RuleRead } from "@/api/schema";
import { type RuleId, UNFILTERED } from "@/datasets/grid/grid-view";
import { useQuarantine } from "@/datasets/item-queries";
import { useRules, useRulesUpdate } from "@/datasets/queries";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { ErrorNotice } from "@/ui/notice";
import { isBlind } from "./rule-blind";
import { RuleRow } from "./rule-row";
import { TargetSizeChoice } from "./target-size-choice";
import { TokenizerChoice } from "./tokenizer-choice";

interface Props {
  dataset: DatasetDetail;
  chosen: RuleId | null;
  onChoose: (rule: RuleId | null) => void;
}

/** What the rows are judged by, with the thresholds that can be changed and how many each rule flags. */
export function RulesPanel({ dataset, chosen, onChoose }: Props) {
  const { data, error } = useRules(dataset.id);
  const update = useRulesUpdate(dataset.id);
  const quarantine = useQuarantine(dataset.id);
  const [quiet, setQuiet] = useState(false);
  /** On a narrow window, where the clips are below. */
  const [unfolded, setUnfolded] = useState(false);
  const found = data?.rules.filter((rule) => !quiet || rule.flagged > 0) ?? [];
  const failed = update.error ?? quarantine.error;

  const keepOut = (rule: RuleRead) =>
    quarantine.mutate({ filter: { ...UNFILTERED, rule: rule.id, state: "used" }, reason: rule.title, on: true });

  return (
    <Card
      title={t("datasets.rules.title")}
      flush
      aside={
        <>
          <label className={`flex items-center gap-1.5 text-muted text-xs ${unfolded ? "" : "max-lg:hidden"}`}>
            <input type="checkbox" checked={quiet} onChange={(event) => setQuiet(event.target.checked)} />
            {t("datasets.rules.onlyWithRows")}
          </label>
          <Button
            small
            tone="bare"
            className="lg:hidden"
            aria-expanded={unfolded}
            onClick={() => setUnfolded(!unfolded)}
          >
            {unfolded ? t("datasets.rules.hide") : t("datasets.rules.show")}
          </Button>
        </>
      }
    >
      {error && !data && <ErrorNotice error={error} />}
      {failed && (
        <div className="p-2">
          <ErrorNotice error={failed} />
        </div>
      )}
      {data && (
        <div className={unfolded ? "" : "max-lg:hidden"}>
          <TargetSizeChoice target={data.target} onChange={(target) => update.mutate({ rules: {}, target })} />
          <ul className="divide-y divide-line">
            {found.map((rule) => (
              <RuleRow
                key={rule.id}
                rule={rule}
                unit={rule.id === "caption_long" && <TokenizerChoice dataset={dataset} />}
                blind={isBlind(rule, dataset)}
                chosen={rule.id === chosen}
                busy={quarantine.isPending}
                onChoose={() => onChoose(rule.id === chosen ? null : rule.id)}
                onChange={(change) => update.mutate({ rules: { [rule.id]: change } })}
                onQuarantine={() => keepOut(rule)}
              />
            ))}
          </ul>
        </div>
      )}
    </Card>
  );
}
