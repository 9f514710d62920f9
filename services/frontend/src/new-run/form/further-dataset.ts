import schema from "@/api/run-config.schema.json";
import type { DatasetRead } from "@/api/schema";
import { type Chosen, chosenOf, datasetConfig, NO_DATASET } from "./dataset-choice";
import type { Config } from "./draft";

/** What a further data set says of itself besides its place, as typed; an empty text leaves the trainer's default. */
export const FURTHER_KEYS = [
  "dataset_repeat",
  "dataset_weight",
  "trigger_word",
  "caption_dropout",
  "caption_shuffles",
] as const;

export type FurtherKey = (typeof FURTHER_KEYS)[number];

/** One of the further data sets in the form. */
export interface Further {
  place: Chosen;
  settings: Readonly<Record<FurtherKey, string>>;
}

const NO_SETTINGS = Object.fromEntries(FURTHER_KEYS.map((key) => [key, ""])) as Record<FurtherKey, string>;

/** A further data set to begin with: a registered one that is not chosen yet, if there is one. */
export function nextFurther(datasets: readonly DatasetRead[], taken: readonly (number | null)[]): Further {
  const next = datasets.find(({ id }) => !taken.includes(id)) ?? datasets[0];
  return { place: { ...NO_DATASET, id: next?.id ?? null }, settings: NO_SETTINGS };
}

/** The entries of the config's `more_datasets`. */
export function furtherConfig(further: readonly Further[], datasets: readonly DatasetRead[]): Config[] {
  return further.map(({ place, settings }) => ({
    ...datasetConfig(place, datasets),
    ...Object.fromEntries(
      FURTHER_KEYS.flatMap((key) => {
        const text = settings[key].trim();
        if (text === "") return [];
        const value = Number(text);
        return [[key, key !== "trigger_word" && Number.isFinite(value) ? value : text]];
      }),
    ),
  }));
}

/** The form's further data sets for a config's `more_datasets`. */
export function furtherOf(value: unknown, datasets: readonly DatasetRead[]): Further[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter((one): one is Config => typeof one === "object" && one !== null && !Array.isArray(one))
    .map((one) => ({
      place: chosenOf(one, datasets),
      settings: Object.fromEntries(
        FURTHER_KEYS.map((key) => [key, one[key] === undefined || one[key] === null ? "" : String(one[key])]),
      ) as Record<FurtherKey, string>,
    }));
}

const facts = schema.properties as unknown as Readonly<
  Record<FurtherKey, { default?: unknown; "x-setting": { label: string } }>
>;

export const labelOf = (key: FurtherKey) => facts[key]["x-setting"].label;
export const defaultOf = (key: FurtherKey) => String(facts[key].default ?? "");
