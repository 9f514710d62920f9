import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Spinner } from "./icons";

type Tone = "primary" | "quiet" | "danger" | "bare";

const TONES: Record<Tone, string> = {
  primary: "bg-ink text-surface hover:not-disabled:opacity-85 border-transparent",
  quiet: "bg-raised text-ink border-edge hover:not-disabled:bg-sunken",
  danger: "bg-raised text-failed border-edge hover:not-disabled:bg-failed/10 hover:not-disabled:border-failed/50",
  bare: "border-transparent text-muted hover:not-disabled:text-ink hover:not-disabled:bg-sunken",
};

export const buttonClass = (tone: Tone = "quiet", small = false) =>
  `inline-flex items-center justify-center gap-1.5 whitespace-nowrap rounded-md border font-medium transition-colors ${
    small ? "h-7 px-2 text-xs" : "h-8 px-3 text-sm"
  } disabled:cursor-not-allowed disabled:opacity-50 ${TONES[tone]}`;

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  tone?: Tone;
  small?: boolean;
  icon?: ReactNode;
  /** A request is under way: the icon turns and the button takes no further click. */
  busy?: boolean;
}

export function Button({ tone, small, icon, busy = false, disabled, className = "", children, ...rest }: Props) {
  return (
    <button
      type="button"
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={`${buttonClass(tone, small)} ${className}`}
      {...rest}
    >
      {busy ? <Spinner /> : icon}
      {children}
    </button>
  );
}
