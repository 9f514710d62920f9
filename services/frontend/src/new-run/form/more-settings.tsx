"use client";

import { useEffect, useState } from "react";
import type { ApiError } from "@/api/client";
import { errorAt } from "@/api/field-error";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import { Chevron } from "@/ui/icons";
import { FieldError, inputClass } from "@/ui/labelled";
import type { Config } from "./draft";
import { FieldInput } from "./field-input";
import { MORE_FIELDS } from "./fields";

const KEYS = MORE_FIELDS.flatMap(({ fields }) => fields.map(({ key }) => key));

interface Props {
  config: Config;
  error: ApiError | null;
  fieldProps: (key: string) => Omit<Parameters<typeof FieldInput>[0], "field">;
  onConfig: (config: Config) => void;
}

/** The rest of the settings as fields, and the whole config as JSON for who would rather write or paste that. */
export function MoreSettings({ config, error, fieldProps, onConfig }: Props) {
  const [open, setOpen] = useState(false);
  const [json, setJson] = useState<string | null>(null);
  const wrong = errorAt(error, ...KEYS) !== undefined;
  const unknown = error?.code === "unknown_key" ? error : null;

  useEffect(() => {
    if (wrong) setOpen(true);
  }, [wrong]);

  return (
    <details
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className="group overflow-hidden rounded-lg border border-line bg-raised shadow-card"
    >
      <summary className="flex h-10 items-center gap-2 px-3.5 font-medium focus-visible:-outline-offset-2 [&::-webkit-details-marker]:hidden">
        <Chevron className="size-3.5 transition-transform group-open:rotate-90" />
        <span className="shrink-0">{t("newRun.more.title")}</span>
        <span className="min-w-0 truncate font-normal text-muted text-xs">{t("newRun.more.contents")}</span>
      </summary>
      <div className="space-y-5 border-line border-t p-3.5">
        <div className="flex gap-1">
          <Button
            small
            tone={json === null ? "quiet" : "bare"}
            aria-pressed={json === null}
            onClick={() => setJson(null)}
          >
            {t("newRun.more.fields")}
          </Button>
          <Button
            small
            tone={json === null ? "bare" : "quiet"}
            aria-pressed={json !== null}
            onClick={() => setJson(JSON.stringify(config, null, 2))}
          >
            {t("newRun.more.json")}
          </Button>
        </div>
        {json === null ? (
          MORE_FIELDS.map(({ title, fields }) => (
            <fieldset key={title} className="space-y-2.5">
              <legend className="pb-1 text-muted text-xs">{title}</legend>
              <div className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
                {fields.map((field) => (
                  <FieldInput key={field.key} field={field} {...fieldProps(field.key)} />
                ))}
              </div>
            </fieldset>
          ))
        ) : (
          <JsonEditor text={json} onText={setJson} onConfig={onConfig} />
        )}
        {unknown && <FieldError error={unknown} />}
      </div>
    </details>
  );
}

function JsonEditor({
  text,
  onText,
  onConfig,
}: {
  text: string;
  onText: (text: string) => void;
  onConfig: (config: Config) => void;
}) {
  const problem = problemOf(text);
  return (
    <div className="space-y-1">
      <textarea
        aria-label={t("newRun.more.jsonLabel")}
        aria-invalid={problem ? true : undefined}
        rows={18}
        value={text}
        spellCheck={false}
        onChange={(event) => {
          onText(event.target.value);
          if (!problemOf(event.target.value)) onConfig(JSON.parse(event.target.value));
        }}
        className={`py-2 font-mono text-xs ${inputClass}`}
      />
      <p className={`text-xs ${problem ? "text-failed" : "text-muted"}`}>{problem ?? t("newRun.more.jsonHelp")}</p>
    </div>
  );
}

/** Why a text is no config yet, or null. */
function problemOf(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? null : t("newRun.more.noObject");
  } catch (error) {
    return t("newRun.more.notJson", { reason: error instanceof Error ? error.message : String(error) });
  }
}
