"use client";

import { useRouter } from "next/navigation";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { asApiError } from "@/api/client";
import { errorAt } from "@/api/field-error";
import type { DatasetRead, Preset } from "@/api/schema";
import { t } from "@/messages";
import { CheckPanel } from "@/new-run/check/check-panel";
import { isSame } from "@/new-run/check/check-state";
import { useCheck } from "@/new-run/check/use-check";
import { planRequest, remember, rememberedInputs } from "@/new-run/plan/plan-inputs";
import { PlanPanel } from "@/new-run/plan/plan-panel";
import { usePlan } from "@/new-run/plan/plan-queries";
import { planLine } from "@/new-run/plan/plan-text";
import { type Asked, useStartRun } from "@/new-run/queries";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Check, Play } from "@/ui/icons";
import { inputClass, Labelled } from "@/ui/labelled";
import { ErrorNotice } from "@/ui/notice";
import { type Chosen, chosenOf, DatasetChoice, datasetConfig, NO_DATASET, registration } from "./dataset-choice";
import { type Config, configOf, type Draft, draftOf, extrasOf } from "./draft";
import { FieldInput } from "./field-input";
import { MAIN_FIELDS, SET_ELSEWHERE } from "./fields";
import { DATASET_FIELDS, isShownAtField } from "./form-errors";
import { type Further, furtherConfig, furtherOf } from "./further-dataset";
import { FurtherDatasets } from "./further-datasets";
import { MoreSettings } from "./more-settings";
import { PresetCards } from "./preset-cards";

interface Props {
  presets: readonly Preset[];
  datasets: readonly DatasetRead[];
  /** The id of the data set that the address names. */
  preferred?: number | null;
}

export function NewRunForm({ presets, datasets, preferred = null }: Props) {
  const router = useRouter();
  const start = useStartRun();
  const check = useCheck();
  const form = useRef<HTMLFormElement>(null);
  const [preset, setPreset] = useState(presets[0]);
  const [name, setName] = useState<string | null>(null);
  const [draft, setDraft] = useState<Draft>(() => draftOf(preset?.config ?? {}));
  const [extras, setExtras] = useState<Config>({});
  const [dataset, setDataset] = useState<Chosen>({
    ...NO_DATASET,
    id: (datasets.find(({ id }) => id === preferred) ?? datasets[0])?.id ?? null,
  });
  const [further, setFurther] = useState<Further[]>([]);
  const [model, setModel] = useState(preset?.config.model);

  const more = furtherConfig(further, datasets);
  const config: Config = {
    name: (name ?? String(preset?.config.name ?? "")).trim(),
    model,
    ...datasetConfig(dataset, datasets),
    ...configOf(draft),
    ...(more.length > 0 && { more_datasets: more }),
    ...extras,
  };
  const asked: Asked = { config, dataset_id: dataset.id, more_dataset_ids: further.map(({ place }) => place.id) };
  const [inputs, setInputs] = useState(rememberedInputs);
  const planned = usePlan(planRequest(asked, inputs));
  const refused = start.error ?? check.error;
  const error = refused ? asApiError(refused) : null;
  const forget = () => {
    start.reset();
    if (check.error) check.reset();
  };
  const errorOf = (...fields: string[]) => errorAt(error, ...fields);

  useEffect(() => {
    if (!error?.field) return;
    const at = form.current?.querySelector<HTMLElement>("[aria-invalid=true], [data-testid=field-error]");
    at?.scrollIntoView({ block: "center", behavior: "smooth" });
    at?.focus({ preventScroll: true });
  }, [error]);

  const changeDataset = (next: Chosen) => {
    setDataset(next);
    if (errorOf(...DATASET_FIELDS)) forget();
  };

  const choose = (next: Preset) => {
    setPreset(next);
    setModel(next.config.model);
    setDraft(draftOf(next.config));
    setExtras({});
    forget();
  };

  /** From the JSON editor: all settings at once. */
  const take = (next: Config) => {
    setName(typeof next.name === "string" ? next.name : "");
    setModel(next.model);
    setDraft(draftOf(next));
    setExtras(extrasOf(next, SET_ELSEWHERE));
    if (JSON.stringify(next.more_datasets ?? []) !== JSON.stringify(more)) {
      setFurther(furtherOf(next.more_datasets, datasets));
    }
    if (datasetConfig(dataset, datasets).dataset_base_path !== next.dataset_base_path) {
      setDataset(chosenOf(next, datasets));
    }
  };

  /** A way of the plan's: some settings at once, the others as they are. */
  const changeSome = (changes: Config) => {
    const changed = draftOf(changes);
    setDraft({ ...draft, ...Object.fromEntries(Object.keys(changes).map((key) => [key, changed[key] ?? ""])) });
  };

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (start.isPending) return;
    start.mutate(
      { asked, register: registration(dataset) },
      { onSuccess: (run) => router.push(`/run/?id=${encodeURIComponent(run.id)}`) },
    );
  };

  const fieldProps = (key: string) => ({
    value: draft[key] ?? "",
    error: errorOf(key),
    onChange: (value: string | boolean) => {
      setDraft({ ...draft, [key]: value });
      if (errorOf(key)) forget();
    },
  });

  return (
    <form
      ref={form}
      onSubmit={onSubmit}
      noValidate
      className="grid gap-4 xl:grid-cols-[minmax(0,1fr)_22rem] xl:items-start xl:gap-6"
    >
      <div className="min-w-0 space-y-4">
        <Card title={t("newRun.preset")}>
          <PresetCards presets={presets} chosen={preset?.id ?? ""} onChoose={choose} />
        </Card>
        <Card title={t("datasets.one")}>
          <div className="space-y-4">
            <DatasetChoice datasets={datasets} chosen={dataset} errorOf={errorOf} onChange={changeDataset} />
            <FurtherDatasets
              datasets={datasets}
              further={further}
              first={dataset.id}
              errorOf={errorOf}
              onChange={(next) => {
                setFurther(next);
                if (errorOf("more_datasets", "more_dataset_ids")) forget();
              }}
            />
          </div>
        </Card>
        <Card title={t("newRun.settings")}>
          <div className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
            <Labelled label={t("newRun.name")} error={errorOf("name")} name="name" className="col-span-2 sm:col-span-4">
              {(aria) => (
                <input
                  {...aria}
                  value={name ?? String(preset?.config.name ?? "")}
                  autoComplete="off"
                  onChange={(event) => {
                    setName(event.target.value);
                    if (errorOf("name")) forget();
                  }}
                  className={`h-8 ${inputClass}`}
                />
              )}
            </Labelled>
            {MAIN_FIELDS.map((field) => (
              <FieldInput key={field.key} field={field} {...fieldProps(field.key)} />
            ))}
          </div>
        </Card>
        <MoreSettings config={config} error={error} fieldProps={fieldProps} onConfig={take} />
      </div>
      <div className="min-w-0 xl:self-stretch">
        <div className="xl:sticky xl:top-4 xl:max-h-[calc(100dvh-6rem)] xl:overflow-y-auto">
          <PlanPanel
            {...planned}
            asked={asked}
            inputs={inputs}
            onInputs={(next) => {
              setInputs(next);
              remember(next);
            }}
            onSuggestion={changeSome}
          />
        </div>
      </div>
      <div className="min-w-0 space-y-4 xl:col-span-2">
        {error && !isShownAtField(error) && <ErrorNotice error={error} />}
        {(check.isActive || check.state) && (
          <CheckPanel
            state={check.state}
            agents={check.agents}
            isOld={check.asked !== undefined && !isSame(check.asked, asked)}
            stopping={check.stopping}
            onStop={check.stop}
            onAgain={() => check.begin(asked)}
          />
        )}
      </div>
      <div className="sticky bottom-0 z-10 -mx-4 flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-t bg-surface/95 px-4 py-3 backdrop-blur-sm sm:mx-0 sm:px-0 xl:col-span-2">
        <p className="min-w-0 flex-1 basis-56 text-muted text-xs tabular-nums">
          {planned.plan && !planned.error ? planLine(planned.plan) : t("newRun.planUnknown")}
        </p>
        <div className="ml-auto flex gap-2">
          <Button icon={<Check />} busy={check.isActive} onClick={() => check.begin(asked)}>
            {t("newRun.check.title")}
          </Button>
          <Button type="submit" tone="primary" icon={<Play />} busy={start.isPending || start.isSuccess}>
            {t("newRun.start")}
          </Button>
        </div>
      </div>
    </form>
  );
}
