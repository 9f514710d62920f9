import schema from "@/api/run-config.schema.json";

/** A setting of the run config as the form shows it. `fallback` is the trainer's own default, taken where nothing is given. */
export interface Field {
  key: string;
  label: string;
  kind: "int" | "float" | "text" | "bool" | "choice" | "lines";
  fallback: string | boolean;
  unit: string;
  help: string;
  choices: readonly { value: string; label: string }[];
}

export interface FieldGroup {
  title: string;
  fields: readonly Field[];
}

/** As much of JSON Schema as the run config's settings use; `trainer/contract/settings.py` says what `x-setting` holds. */
interface Setting {
  type?: string;
  anyOf?: readonly { type: string }[];
  default?: unknown;
  "x-setting": Pick<Field, "label" | "help" | "unit" | "choices">;
}

/** Settings that other parts of the form set. */
export const SET_ELSEWHERE: readonly string[] = [
  "name",
  "model",
  "dataset_base_path",
  "dataset_metadata_path",
  "more_datasets",
];

const settings = schema.properties as unknown as Readonly<Record<string, Setting>>;

const KINDS: Readonly<Record<string, Field["kind"]>> = {
  integer: "int",
  number: "float",
  string: "text",
  boolean: "bool",
  array: "lines",
};

function fieldOf(key: string): Field {
  const setting = settings[key];
  if (!setting) throw new Error(key);
  const facts = setting["x-setting"];
  const type = setting.type ?? setting.anyOf?.[0]?.type ?? "";
  const kind = facts.choices.length > 0 ? "choice" : (KINDS[type] ?? "text");
  return { key, kind, ...facts, fallback: shown(setting.default) };
}

/** A default as a person would type it: 1e-4 and not 0.0001. */
function shown(value: unknown): string | boolean {
  if (typeof value === "boolean") return value;
  if (value === null || value === undefined) return "";
  return typeof value === "number" && value !== 0 && Math.abs(value) < 0.001 ? value.toExponential() : String(value);
}

const groups = schema["x-groups"].map(({ title, advanced, settings: keys }) => ({
  title,
  advanced,
  fields: keys.filter((key) => !SET_ELSEWHERE.includes(key)).map(fieldOf),
}));

/** What most people set. */
export const MAIN_FIELDS: readonly Field[] = groups.filter(({ advanced }) => !advanced).flatMap(({ fields }) => fields);

/** The rest, by what it is about. */
export const MORE_FIELDS: readonly FieldGroup[] = groups.filter(({ advanced }) => advanced);

export const ALL_FIELDS: readonly Field[] = [...MAIN_FIELDS, ...MORE_FIELDS.flatMap((group) => group.fields)];
