"use client";

import { type ReactNode, useId } from "react";
import { asApiError } from "@/api/client";
import type { PlanRead, PlanWay } from "@/api/schema";
import { t } from "@/messages";
import type { Config } from "@/new-run/form/draft";
import type { Asked } from "@/new-run/queries";
import { Card } from "@/ui/card";
import { inputClass, Labelled } from "@/ui/labelled";
import { Notice } from "@/ui/notice";
import { Prose } from "@/ui/prose";
import { CacheText, DiskBar, MemoryBar } from "./plan-bars";
import type { PlanInputs } from "./plan-inputs";
import { costText, epochText, leftOutText, stepsText, stepText, timeText } from "./plan-text";
import { PlanTrial } from "./plan-trial";

interface Props {
  plan: PlanRead | undefined;
  error: unknown;
  /** The plan shown is of what the form said before. */
  isOld: boolean;
  asked: Asked;
  inputs: PlanInputs;
  onInputs: (inputs: PlanInputs) => void;
  onSuggestion: (changes: Config) => void;
}

/** What the run would take, as the form stands. */
export function PlanPanel({ plan, error, isOld, asked, inputs, onInputs, onSuggestion }: Props) {
  const { config } = asked;
  const problem = error ? asApiError(error) : null;
  const changed = (key: "price" | "days") => (value: string) => onInputs({ ...inputs, [key]: value });
  return (
    <Card title={t("newRun.plan.title")}>
      <div className="space-y-4" aria-busy={isOld && !problem} data-testid="plan">
        {problem && (
          <p role="status" className="text-muted text-xs">
            {hasNoDataset(config) ? t("newRun.plan.noDataset") : <Prose text={`${problem.message} ${problem.hint}`} />}
          </p>
        )}
        {!plan && !problem && <div className="h-40 animate-pulse rounded-md bg-sunken" />}
        {plan && !hasNoDataset(config) && (
          <div className={`space-y-4 ${problem ? "opacity-50" : ""}`}>
            <Steps plan={plan} />
            <Time plan={plan} />
            <div className="grid grid-cols-2 gap-3">
              <NumberInput
                label={t("newRun.plan.secondsPerStep")}
                help={t("newRun.plan.secondsPerStepHelp")}
                value={inputs.secondsPerStep}
                onChange={(secondsPerStep) =>
                  onInputs({ ...inputs, secondsPerStep, secondsPerStepOf: problem ? null : config })
                }
              />
              <NumberInput
                label={t("newRun.plan.price")}
                help={t("newRun.plan.priceHelp")}
                value={inputs.price}
                onChange={changed("price")}
              />
            </div>
            {plan.cost && (
              <Line name={t("newRun.plan.cost")}>
                <span data-testid="plan-cost">{costText(plan.cost)}</span>
              </Line>
            )}
            <PlanTrial asked={asked} note={plan.trial_text} onTried={(trial) => onInputs({ ...inputs, trial })} />
            <DiskBar disk={plan.disk} />
            {plan.cache && <CacheText cache={plan.cache} />}
            <MemoryBar memory={plan.memory} />
            {plan.warnings.filter(isNotSaidAbove).map(({ message, hint }) => (
              <Notice key={message} tone="stopping" alert={false} title={<Prose text={message} />}>
                <Prose text={hint} />
              </Notice>
            ))}
            {plan.total && (plan.ways.length > 0 || plan.total.high > plan.done_in_days * 86_400) && (
              <Suggestions plan={plan} days={inputs.days} onDays={changed("days")} onSuggestion={onSuggestion} />
            )}
          </div>
        )}
      </div>
    </Card>
  );
}

const isNotSaidAbove = ({ code }: { code: string }) => code !== "time_unknown";

const hasNoDataset = (config: Config) =>
  [config, ...((config.more_datasets as Config[] | undefined) ?? [])].some((one) => !one.dataset_base_path);

function Steps({ plan }: { plan: PlanRead }) {
  const { samples } = plan;

  return (
    <div className="space-y-0.5 tabular-nums">
      <p className="font-semibold text-lg" data-testid="plan-steps">
        {stepsText(plan)}
      </p>
      <p className="text-muted text-xs">{epochText(plan)}</p>
      {samples.left_out.length > 0 && (
        <p className="text-muted text-xs" data-testid="plan-left-out">
          {leftOutText(samples.left_out)}
        </p>
      )}
    </div>
  );
}

function Time({ plan }: { plan: PlanRead }) {
  return (
    <div className="space-y-1.5 tabular-nums">
      <p className="font-semibold text-lg" data-testid="plan-time">
        {plan.total ? timeText(plan.total) : t("newRun.plan.timeUnknown")}
      </p>
      <ul className="space-y-0.5 text-muted text-xs">
        {plan.parts.map(({ what, count: times, amount }) => (
          <li key={what} className="flex justify-between gap-3">
            <span>{t("newRun.plan.times", { part: t(`newRun.plan.parts.${what}`), times })}</span>
            <span className="text-right">{timeText(amount)}</span>
          </li>
        ))}
      </ul>
      <p className="text-muted text-xs">
        {plan.seconds_per_step && (
          <span className="text-ink">{t("newRun.plan.perStep", { time: stepText(plan.seconds_per_step) })} </span>
        )}
        {plan.source_text}
      </p>
    </div>
  );
}

function Suggestions({
  plan,
  days,
  onDays,
  onSuggestion,
}: {
  plan: PlanRead;
  days: string;
  onDays: (days: string) => void;
  onSuggestion: (changes: Config) => void;
}) {
  const daysId = useId();
  return (
    <section className="space-y-2" aria-label={t("newRun.plan.suggestions")}>
      <label htmlFor={daysId} className="flex items-center gap-1.5 font-medium text-xs">
        {t.rich("newRun.plan.doneInDays", {
          input: () => (
            <input
              id={daysId}
              value={days}
              inputMode="decimal"
              autoComplete="off"
              onChange={(event) => onDays(event.target.value)}
              className={`h-7 max-w-14 text-center ${inputClass}`}
            />
          ),
        })}
      </label>
      {plan.ways.length === 0 && <p className="text-muted text-xs">{t("newRun.plan.noSuggestion")}</p>}
      <ul className="space-y-1.5">
        {plan.ways.map((way) => (
          <li key={way.label}>
            <SuggestionButton way={way} onSuggestion={onSuggestion} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function SuggestionButton({ way, onSuggestion }: { way: PlanWay; onSuggestion: (changes: Config) => void }) {
  return (
    <button
      type="button"
      onClick={() => onSuggestion(way.changes)}
      className="flex w-full flex-wrap items-baseline justify-between gap-x-3 rounded-md border border-edge px-2.5 py-1.5 text-left text-xs transition-colors hover:bg-sunken"
    >
      <span className="font-medium">{way.label}</span>
      <span className="text-muted tabular-nums">
        {way.is_enough ? timeText(way.total) : t("newRun.plan.notEnough", { time: timeText(way.total) })}
      </span>
    </button>
  );
}

function NumberInput({
  label,
  help,
  value,
  onChange,
}: {
  label: string;
  help: string;
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <Labelled label={label} help={help}>
      {(aria) => (
        <input
          {...aria}
          value={value}
          inputMode="decimal"
          autoComplete="off"
          onChange={(event) => onChange(event.target.value)}
          className={`h-8 ${inputClass}`}
        />
      )}
    </Labelled>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <p className="flex items-baseline justify-between gap-3 text-xs tabular-nums">
      <span className="font-medium">{name}</span>
      {children}
    </p>
  );
}
