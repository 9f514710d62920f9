import { LOCALE, t } from "@/messages";

const NONE = "–";

/** A measured value in four (or `digits`) significant digits, without noise: 0.0431, 1.234e-5, 12,340. */
export function number(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e7) {
    return value
      .toExponential(digits - 1)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e");
  }
  return value.toLocaleString(LOCALE, { maximumSignificantDigits: Math.max(digits, Math.ceil(Math.log10(size + 1))) });
}

/** A value that moves, in exactly four significant digits where it is of everyday size, so that columns and ticks stand still. */
export function measured(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e4) return number(value);
  return value.toLocaleString(LOCALE, { minimumSignificantDigits: 4, maximumSignificantDigits: 4 });
}

/** A share in percent; the first ten with a decimal, for long runs move slowly. */
export function percent(done: number, total: number): string {
  const share = (done / total) * 100;
  return `${share > 0 && share < 10 ? share.toFixed(1) : Math.floor(share)}%`;
}

export const count = (value: number | null | undefined) =>
  value === null || value === undefined ? NONE : value.toLocaleString(LOCALE);

/** Seconds in the two units that matter: 8 s, 3 min 20 s, 1 h 12 min, 4 d 6 h. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NONE;
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, "d" | "h" | "min" | "s"][] = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3_600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first < 0) return t("format.duration.s", { amount: "0" });
  return parts
    .slice(first, first + 2)
    .filter(([amount], i) => i === 0 || amount > 0)
    .map(([amount, unit]) => t(`format.duration.${unit}`, { amount: String(amount) }))
    .join(" ");
}

/** A step's time: 0.35 ms, 84 ms, 1.35 s, 12.4 s. */
export function stepTime(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return NONE;
  if (seconds < 0.01) return t("format.duration.ms", { amount: number(seconds * 1_000, 2) });
  if (seconds < 1) return t("format.duration.ms", { amount: String(Math.round(seconds * 1_000)) });
  return seconds < 600 ? t("format.duration.s", { amount: number(seconds, 3) }) : duration(seconds);
}

/** How long ago, in one unit. */
export function ago(then: number | null | undefined, now: number): string {
  if (then === null || then === undefined) return NONE;
  const seconds = Math.max(0, now - then);
  if (seconds < 10) return t("format.ago.now");
  if (seconds < 60) return t("format.ago.s", { amount: String(Math.floor(seconds)) });
  if (seconds < 3_600) return t("format.ago.min", { amount: String(Math.floor(seconds / 60)) });
  if (seconds < 86_400) return t("format.ago.h", { amount: String(Math.floor(seconds / 3_600)) });
  return t("format.ago.d", { amount: String(Math.floor(seconds / 86_400)) });
}

export function bytes(size: number | null | undefined): string {
  if (size === null || size === undefined) return NONE;
  const units = ["B", "kB", "MB", "GB", "TB"] as const;
  let value = size;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit++;
  }
  return t(`format.bytes.${units[unit] ?? "TB"}`, { amount: unit === 0 ? String(value) : number(value, 3) });
}

/** Date and time of day as the reader's own clock has them. */
export const clock = (seconds: number) =>
  new Date(seconds * 1_000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

export const timeOfDay = (seconds: number) =>
  new Date(seconds * 1_000).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
