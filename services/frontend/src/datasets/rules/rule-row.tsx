"use client";

import { type ReactNode, useState } from "react";
import type { RuleChange, RuleRead } from "@/api/schema";
import { t } from "@/messages";
import { count, number } from "@/ui/format";
import { inputClass } from "@/ui/labelled";

interface Props {
  rule: RuleRead;
  /** What says more of the threshold's unit. */
  unit: ReactNode;
  /** Without what it goes by it flags nothing, which is not to look like nothing found. */
  blind: boolean;
  chosen: boolean;
  busy: boolean;
  onChoose: () => void;
  onChange: (change: RuleChange) => void;
  onQuarantine: () => void;
}

export function RuleRow({ rule, unit, blind, chosen, busy, onChoose, onChange, onQuarantine }: Props) {
  const { id, title, meaning, enabled, flagged, flagged_used } = rule;
  return (
    <li data-testid="rule" data-rule={id} className={`px-3.5 py-2 ${chosen ? "bg-sunken" : ""}`}>
      <div className="flex items-center gap-2">
        <input
          type="checkbox"
          aria-label={t("datasets.rules.rule", { title })}
          checked={enabled}
          onChange={(event) => onChange({ enabled: event.target.checked })}
        />
        <button
          type="button"
          aria-pressed={chosen}
          title={meaning}
          disabled={!enabled}
          onClick={onChoose}
          className="flex min-w-0 flex-1 items-baseline gap-2 text-left disabled:text-muted"
        >
          <span className={`min-w-0 truncate ${chosen ? "font-medium" : ""}`}>{title}</span>
          <span
            data-testid="flagged"
            className={`ml-auto tabular-nums ${enabled && flagged > 0 ? "font-medium" : "text-muted"}`}
          >
            {!enabled ? t("datasets.rules.off") : blind ? t("datasets.rules.notJudged") : count(flagged)}
          </span>
        </button>
      </div>
      {enabled && (chosen || rule.threshold !== null) && (
        <div className="mt-1 flex min-h-6 flex-wrap items-center gap-x-2 gap-y-1 pl-5.5 text-muted text-xs">
          {rule.threshold !== null && <Threshold rule={rule} onChange={(threshold) => onChange({ threshold })} />}
          {unit}
          {chosen && flagged_used > 0 && (
            <button
              type="button"
              disabled={busy}
              onClick={onQuarantine}
              className="ml-auto rounded border border-edge bg-raised px-1.5 py-0.5 font-medium text-ink hover:bg-sunken disabled:opacity-50"
            >
              {t("datasets.rules.quarantineThese", { rows: flagged_used })}
            </button>
          )}
          {chosen && <p className="w-full">{meaning}</p>}
        </div>
      )}
    </li>
  );
}

function Threshold({ rule, onChange }: { rule: RuleRead; onChange: (threshold: number) => void }) {
  const { title, unit, threshold, least, most } = rule;
  const fallback = rule.default;
  const [typed, setTyped] = useState<string | null>(null);
  const value = Number(typed);
  const wrong = typed !== null && !isWithin(typed, least, most);

  const take = () => {
    if (typed !== null && !wrong && value !== threshold) onChange(value);
    if (!wrong) setTyped(null);
  };

  return (
    <>
      <input
        aria-label={t("datasets.rules.threshold", { title })}
        aria-invalid={wrong || undefined}
        title={t("datasets.rules.limits", { least: number(least), most: number(most), fallback: number(fallback) })}
        inputMode="decimal"
        value={typed ?? String(threshold)}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={take}
        onKeyDown={({ key }) => {
          if (key === "Enter") take();
          if (key === "Escape") setTyped(null);
        }}
        className={`h-6 w-16! px-1.5! ${inputClass}`}
      />
      <span>{unit}</span>
      {wrong && <span className="text-failed">{rangeText(least, most)}</span>}
      {threshold !== fallback && fallback !== null && typed === null && (
        <button type="button" className="rounded underline hover:text-ink" onClick={() => onChange(fallback)}>
          {number(fallback)}
        </button>
      )}
    </>
  );
}

function isWithin(text: string, least: number | null, most: number | null): boolean {
  const value = Number(text);
  return text.trim() !== "" && Number.isFinite(value) && value >= (least ?? value) && value <= (most ?? value);
}

function rangeText(least: number | null, most: number | null): string {
  if (least !== null && most !== null)
    return t("datasets.rules.take.between", { least: number(least), most: number(most) });
  if (least !== null) return t("datasets.rules.take.least", { least: number(least) });
  return most === null ? t("datasets.rules.take.any") : t("datasets.rules.take.most", { most: number(most) });
}
