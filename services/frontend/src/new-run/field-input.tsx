"use client";

import { type ReactNode, useId } from "react";
import type { ApiError } from "@/api/client";
import { Prose } from "@/ui/prose";
import type { Field } from "./fields";

export const inputClass =
  "w-full rounded-md border border-edge bg-raised px-2.5 placeholder:text-muted aria-invalid:border-failed tabular-nums";

interface LabelledProps {
  label: string;
  help?: string;
  unit?: string;
  error?: ApiError;
  /** The setting's name in the config, for who knows it by that. */
  name?: string;
  className?: string;
  children: (input: { id: string; "aria-describedby": string; "aria-invalid": boolean | undefined }) => ReactNode;
}

/** A label, its input, and below it what is wrong and what to do, or else its help. */
export function Labelled({ label, help, unit, error, name, className = "", children }: LabelledProps) {
  const id = useId();
  return (
    <div className={`min-w-0 space-y-1 ${className}`} data-field={name}>
      <div className="flex items-baseline gap-1.5 text-xs">
        <label htmlFor={id} className="font-medium" title={name}>
          {label}
        </label>
        {unit && <span className="text-muted">{unit}</span>}
      </div>
      {children({ id, "aria-describedby": `${id}-note`, "aria-invalid": error ? true : undefined })}
      <div id={`${id}-note`} className="text-xs">
        {error ? <FieldError error={error} /> : help && <p className="text-muted">{help}</p>}
      </div>
    </div>
  );
}

export function FieldError({ error }: { error: ApiError }) {
  return (
    <p role="alert" data-testid="field-error" className="break-words">
      <span className="font-medium text-failed">
        <Prose text={error.message} />
      </span>{" "}
      <Prose text={error.hint} />
    </p>
  );
}

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
              {choices?.map(([choice, name]) => (
                <option key={choice} value={choice}>
                  {name}
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
