import type { ApiError } from "./client";

/** The API's error where it belongs to one of `fields`; `sample_prompts.2` belongs to `sample_prompts`. */
export function errorAt(error: ApiError | null, ...fields: string[]): ApiError | undefined {
  if (!error?.field) return undefined;
  const at = error.field;
  return fields.some((field) => at === field || at.startsWith(`${field}.`)) ? error : undefined;
}
