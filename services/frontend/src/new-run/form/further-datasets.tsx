"use client";

import type { ApiError } from "@/api/client";
import type { DatasetRead } from "@/api/schema";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import { Plus, Trash } from "@/ui/icons";
import { inputClass, Labelled } from "@/ui/labelled";
import { DatasetChoice } from "./dataset-choice";
import { defaultOf, FURTHER_KEYS, type Further, labelOf, nextFurther } from "./further-dataset";

interface Props {
  datasets: readonly DatasetRead[];
  further: readonly Further[];
  /** The id of the first data set. */
  first: number | null;
  errorOf: (...fields: string[]) => ApiError | undefined;
  onChange: (further: Further[]) => void;
}

/** The data sets that are trained on together with the first, each with how often it is seen and its captions. */
export function FurtherDatasets({ datasets, further, first, errorOf, onChange }: Props) {
  const change = (at: number, next: Further) => onChange(further.map((one, index) => (index === at ? next : one)));
  return (
    <div className="space-y-4">
      {further.map((one, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they have no identity but their place in the config
        <fieldset key={at} className="space-y-3 border-line border-t pt-3" data-testid="further-dataset">
          <legend className="float-left mb-2 font-medium text-xs">
            {t("newRun.dataset.further", { number: at + 2 })}
          </legend>
          <Button
            small
            tone="bare"
            icon={<Trash />}
            className="float-right"
            onClick={() => onChange(further.filter((_, index) => index !== at))}
          >
            {t("newRun.dataset.remove")}
          </Button>
          <div className="clear-both">
            <DatasetChoice
              datasets={datasets}
              chosen={one.place}
              errorOf={(...fields) =>
                errorOf(...fields.map((field) => `more_datasets.${at}.${field}`), `more_dataset_ids.${at}`)
              }
              onChange={(place) => change(at, { ...one, place })}
              canRegister={false}
            />
          </div>
          <div className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-5">
            {FURTHER_KEYS.map((key) => (
              <Labelled
                key={key}
                label={labelOf(key)}
                name={`more_datasets.${at}.${key}`}
                error={errorOf(`more_datasets.${at}.${key}`)}
              >
                {(aria) => (
                  <input
                    {...aria}
                    value={one.settings[key]}
                    placeholder={defaultOf(key)}
                    inputMode={key === "trigger_word" ? undefined : "decimal"}
                    autoComplete="off"
                    spellCheck={false}
                    onChange={(event) =>
                      change(at, { ...one, settings: { ...one.settings, [key]: event.target.value } })
                    }
                    className={`h-8 ${inputClass}`}
                  />
                )}
              </Labelled>
            ))}
          </div>
        </fieldset>
      ))}
      <Button
        small
        icon={<Plus />}
        onClick={() => onChange([...further, nextFurther(datasets, [first, ...further.map(({ place }) => place.id)])])}
      >
        {t("newRun.dataset.add")}
      </Button>
    </div>
  );
}
