"use client";

import { useEffect, useRef, useState } from "react";
import { asApiError } from "@/api/client";
import type { ItemDetail } from "@/api/schema";
import { useCaption } from "@/datasets/item-queries";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import { FieldError, inputClass } from "@/ui/labelled";

const MOST_CHARACTERS = 100_000;

/** The caption as text, kept when the field is left or by Ctrl+Enter; Escape takes back what was typed. */
export function CaptionEditor({ datasetId, item }: { datasetId: number; item: ItemDetail }) {
  const { id, caption, source_caption, tokens, edited } = item;
  const [text, setText] = useState(caption);
  const save = useCaption(datasetId);
  const given = useRef(false);

  useEffect(() => setText(caption), [caption]);

  const keep = (next = text) => {
    if (next.trim() !== caption) save.mutate({ item: id, caption: next.trim() });
  };

  return (
    <div className="space-y-1">
      <div className="flex items-baseline gap-2 text-xs">
        <label htmlFor="caption" className="font-medium">
          {t("datasets.captions.one")}
        </label>
        {edited && <span className="text-muted">{t("datasets.captions.edited")}</span>}
        <span className="ml-auto text-muted tabular-nums" data-testid="caption-counts">
          {tokens !== null && text === caption
            ? t("datasets.captions.tokens", { tokens })
            : t("datasets.captions.characters", { characters: text.length })}
        </span>
      </div>
      <textarea
        id="caption"
        rows={6}
        maxLength={MOST_CHARACTERS}
        value={text}
        aria-invalid={save.error ? true : undefined}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => {
          if (!given.current) keep();
          given.current = false;
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            keep();
          }
          if (event.key === "Escape" && text !== caption) {
            event.stopPropagation();
            given.current = true;
            setText(caption);
            event.currentTarget.blur();
          }
        }}
        className={`resize-y py-1.5 leading-5 ${inputClass}`}
      />
      {save.error && <FieldError error={asApiError(save.error)} />}
      {edited && source_caption !== caption && (
        <details className="text-muted text-xs">
          <summary>{t("datasets.captions.inSource")}</summary>
          <p className="mt-1 max-h-32 overflow-y-auto whitespace-pre-wrap break-words">{source_caption}</p>
          <Button small tone="bare" className="mt-1" onClick={() => keep(source_caption)}>
            {t("datasets.captions.takeSource")}
          </Button>
        </details>
      )}
    </div>
  );
}
