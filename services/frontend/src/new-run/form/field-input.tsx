"use client";

import type { ApiError } from "@/api/client";
import { FieldError, inputClass, Labelled } from "@/ui/labelled";
import type { Field } from "./fields";

interface Props {
  field: Field;
  value: string | boolean;
  error?: ApiError;
  onChange: (value: string | boolean) => void;
}

/** One setting of the run config. */
export function FieldInput({ field, value, error, onChange }: Props) {
  const { key, label, unit, help, kind, fallback, choices } = field;
  if (kind === "bool") {
    return (
      <label className="flex items-start gap-2 pt-5 text-xs" title={key} data-field={key}>
        <input
          type="checkbox"
          checked={value === true}
          onChange={(event) => onChange(event.target.checked)}
          className="mt-0.5"
        />
        <span>
          <span className="font-medium">{label}</span>
          {error ? <FieldError error={error} /> : <span className="block text-muted">{help}</span>}
        </span>
      </label>
    );
  }
  const text = String(value);
  return (
    <Labelled
      label={label}
      unit={unit}
      help={help}
      error={error}
      name={key}
      className={kind === "lines" ? "sm:col-span-2" : ""}
    >
      {(aria) => {
        if (kind === "choice") {
          return (
            <select
              {...aria}
              value={text}
              onChange={(event) => onChange(event.target.value)}
              className={`h-8 ${inputClass}`}
            >
              {choices.map((choice) => (
                <option key={choice.value} value={choice.value}>
                  {choice.label}
                </option>
              ))}
            </select>
          );
        }
        if (kind === "lines") {
          return (
            <textarea
              {...aria}
              rows={3}
              value={text}
              onChange={(event) => onChange(event.target.value)}
              className={`py-1.5 ${inputClass}`}
            />
          );
        }
        return (
          <input
            {...aria}
            value={text}
            inputMode={kind === "int" ? "numeric" : kind === "float" ? "decimal" : undefined}
            placeholder={typeof fallback === "string" ? fallback : undefined}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => onChange(event.target.value)}
            className={`h-8 ${inputClass}`}
          />
        );
      }}
    </Labelled>
  );
}
