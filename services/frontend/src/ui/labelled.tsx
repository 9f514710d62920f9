"use client";

import { type ReactNode, useId } from "react";
import type { ApiError } from "@/api/client";
import { Prose } from "./prose";

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
