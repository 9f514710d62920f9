"use client";

import { useEffect, useState } from "react";
import type { Target } from "@/api/schema";
import { sizeOf, sizeText } from "@/datasets/item/crop";
import { t } from "@/messages";
import { inputClass } from "@/ui/labelled";

const USUAL = ["704x1280", "480x832"];

/** The size that clips are to be trained at, height x width: one of the usual ones, or any other. */
export function TargetSizeChoice({ target, onChange }: { target: Target; onChange: (target: Target) => void }) {
  const held = sizeText(target);
  const [asked, setAsked] = useState(false);
  const [typed, setTyped] = useState<string | null>(null);
  const own = asked || !USUAL.includes(held);
  const text = typed ?? held;
  const size = sizeOf(text);

  // Also where somebody else has changed it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is reset by a change of the target.
  useEffect(() => {
    setAsked(false);
    setTyped(null);
  }, [held]);

  const take = () => {
    if (size && sizeText(size) !== held) onChange(size);
  };

  return (
    <div className="flex flex-wrap items-center gap-2 border-line border-b px-3.5 py-2 text-xs">
      <span aria-hidden="true" className="font-medium">
        {t("datasets.rules.target")}
      </span>
      <select
        aria-label={t("datasets.rules.target")}
        value={own ? "" : held}
        onChange={({ target: { value } }) => {
          const next = sizeOf(value);
          setAsked(next === null);
          setTyped(null);
          if (next) onChange(next);
        }}
        className={`h-7 w-auto! ${inputClass}`}
      >
        {USUAL.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
        <option value="">{t("datasets.rules.otherSize")}</option>
      </select>
      {own && (
        <input
          aria-label={t("datasets.rules.targetInput")}
          aria-invalid={size ? undefined : true}
          value={text}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={take}
          onKeyDown={({ key }) => key === "Enter" && take()}
          className={`h-7 w-28! ${inputClass}`}
        />
      )}
      <span className="text-muted">{t("datasets.rules.heightWidth")}</span>
    </div>
  );
}
