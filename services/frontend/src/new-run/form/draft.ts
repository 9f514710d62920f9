import { ALL_FIELDS, type Field } from "./fields";

/** The settings as they stand in the form: text as it was typed, or a switch. An empty text leaves the default. */
export type Draft = Record<string, string | boolean>;

export type Config = Record<string, unknown>;

/** Choices that are switches in a config. */
const SWITCHES: Readonly<Record<string, boolean>> = { true: true, false: false };

/** The form's settings for a config, such as a preset's. */
export function draftOf(config: Config): Draft {
  return Object.fromEntries(ALL_FIELDS.map((field) => [field.key, textOf(field, config[field.key])]));
}

/** Keys of a config that the form has no field for; they are sent as they are, so that the server can say what is wrong. */
export function extrasOf(config: Config, elsewhere: readonly string[]): Config {
  const known = new Set([...ALL_FIELDS.map(({ key }) => key), ...elsewhere]);
  return Object.fromEntries(Object.entries(config).filter(([key]) => !known.has(key)));
}

/** The config that a draft asks for. What is no number is sent as it was typed: the server says what is wrong with it. */
export function configOf(draft: Draft): Config {
  return Object.fromEntries(
    ALL_FIELDS.flatMap((field) => {
      const value = draft[field.key];
      if (value === undefined) return [];
      if (typeof value === "boolean") return [[field.key, value]];
      if (field.kind === "choice") return [[field.key, SWITCHES[value] ?? value]];
      const text = value.trim();
      if (text === "") return [];
      return [[field.key, typedValue(field, text)]];
    }),
  );
}

function textOf({ kind, fallback }: Field, value: unknown): string | boolean {
  if (kind === "bool") return typeof value === "boolean" ? value : fallback;
  if (kind === "choice") return typeof value === "string" || typeof value === "boolean" ? String(value) : fallback;
  if (value === undefined || value === null) return "";
  if (kind === "lines" && Array.isArray(value)) return value.join("\n");
  return typeof value === "string" ? value : JSON.stringify(value);
}

function typedValue({ kind }: Field, text: string): unknown {
  if (kind === "lines") {
    return text
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
  }
  if (kind === "text") return text;
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}
