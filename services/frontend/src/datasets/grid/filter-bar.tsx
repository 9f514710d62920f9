"use client";

import { useCallback, useEffect, useState } from "react";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import { number } from "@/ui/format";
import { ArrowDown, Cross } from "@/ui/icons";
import { inputClass } from "@/ui/labelled";
import {
  CONVERSIONS,
  type Conversion,
  type GridView,
  isFiltered,
  KINDS,
  type Kind,
  SIDES,
  type Side,
  SORTS,
  type Sort,
  STATES,
  type State,
  UNFILTERED,
} from "./grid-view";

/** A search is asked for once the typing rests. */
const REST_MS = 250;

interface Props {
  view: GridView;
  total: number | undefined;
  onChange: (more: Partial<GridView>) => void;
}

/** What the grid shows and in which order. */
export function FilterBar({ view, total, onChange }: Props) {
  const search = useCallback((q: string) => onChange({ q }), [onChange]);
  const choice = `h-8 w-auto! ${inputClass}`;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Search q={view.q} onSearch={search} />
      <select
        aria-label={t("datasets.filter.kind")}
        value={view.kind}
        onChange={(event) => onChange({ kind: event.target.value as Kind })}
        className={choice}
      >
        {KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {t(`datasets.filter.kinds.${kind}`)}
          </option>
        ))}
      </select>
      <select
        aria-label={t("datasets.filter.state")}
        value={view.state}
        onChange={(event) => onChange({ state: event.target.value as State })}
        className={choice}
      >
        {STATES.map((state) => (
          <option key={state} value={state}>
            {t(`datasets.filter.states.${state}`)}
          </option>
        ))}
      </select>
      <select
        aria-label={t("datasets.filter.split")}
        value={view.split ?? ""}
        onChange={(event) => onChange({ split: (event.target.value || null) as Side | null })}
        className={choice}
      >
        <option value="">{t("datasets.filter.bothSides")}</option>
        {SIDES.map((side) => (
          <option key={side} value={side}>
            {t(`datasets.filter.sides.${side}`)}
          </option>
        ))}
      </select>
      <select
        aria-label={t("datasets.filter.conversion")}
        value={view.conversion ?? ""}
        onChange={(event) => onChange({ conversion: (event.target.value || null) as Conversion | null })}
        className={choice}
      >
        <option value="">{t("datasets.filter.anyConversion")}</option>
        {CONVERSIONS.map((conversion) => (
          <option key={conversion} value={conversion}>
            {t(`datasets.conversions.${conversion}`)}
          </option>
        ))}
      </select>
      {view.fps !== null && (
        <Button small icon={<Cross className="size-3.5" />} onClick={() => onChange({ fps: null })}>
          {t("datasets.item.fps", { rate: number(view.fps, 5) })}
        </Button>
      )}
      <span className="flex">
        <select
          aria-label={t("datasets.filter.order")}
          value={view.sort}
          onChange={(event) => onChange({ sort: event.target.value as Sort })}
          className={`rounded-r-none! ${choice}`}
        >
          {SORTS.map((sort) => (
            <option key={sort} value={sort}>
              {t(`datasets.filter.sorts.${sort}`)}
            </option>
          ))}
        </select>
        <Button
          aria-label={view.descending ? t("datasets.filter.descending") : t("datasets.filter.ascending")}
          title={view.descending ? t("datasets.filter.descending") : t("datasets.filter.ascending")}
          className="rounded-l-none border-l-0 px-2!"
          onClick={() => onChange({ descending: !view.descending })}
        >
          <ArrowDown className={`size-3.5 ${view.descending ? "" : "rotate-180"}`} />
        </Button>
      </span>
      <span className="ml-auto text-muted text-xs tabular-nums" data-testid="shown-count">
        {total === undefined ? "" : t("datasets.filter.shown", { items: total })}
      </span>
      {isFiltered(view) && (
        <Button small tone="bare" icon={<Cross className="size-3.5" />} onClick={() => onChange(UNFILTERED)}>
          {t("datasets.filter.showAll")}
        </Button>
      )}
    </div>
  );
}

function Search({ q, onSearch }: { q: string; onSearch: (q: string) => void }) {
  const [text, setText] = useState(q);
  useEffect(() => setText(q), [q]);
  useEffect(() => {
    if (text === q) return;
    const timer = setTimeout(() => onSearch(text), REST_MS);
    return () => clearTimeout(timer);
  }, [text, q, onSearch]);
  return (
    <input
      type="search"
      aria-label={t("datasets.filter.search")}
      placeholder={t("datasets.filter.search")}
      value={text}
      maxLength={200}
      onChange={(event) => setText(event.target.value)}
      className={`h-8 max-w-64 flex-1 basis-40 ${inputClass}`}
    />
  );
}
