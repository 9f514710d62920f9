"use client";

import type { ReactNode } from "react";
import { axisLabel, placeNumber, placeText } from "@/chart/x-axis";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import type { ChartPage } from "./chart-page";
import { positionOf, weightAt } from "./smoothing-slider";
import { AXES, type View } from "./view";

/** From so many metrics on a filter is worth its place. */
const FILTER_FROM = 10;

/** How all charts of the page are shown. */
export function Toolbar({
  page,
  metrics,
  resumed,
  aside,
}: {
  page: ChartPage;
  metrics: number;
  resumed: boolean;
  aside?: ReactNode;
}) {
  const { view, change } = page;
  return (
    <section
      aria-label={t("metrics.toolbar.label")}
      className="z-20 flex flex-wrap items-center gap-x-4 gap-y-1.5 rounded-lg border border-line bg-raised px-3.5 py-1.5 text-muted text-xs shadow-card sm:sticky sm:top-0"
    >
      <label className="flex items-center gap-2">
        <span className="max-sm:sr-only">{t("metrics.toolbar.against")}</span>
        <select
          value={view.axis}
          onChange={(event) => change({ axis: AXES.find((axis) => axis === event.target.value) ?? "step" })}
          className="h-7 rounded-md border border-edge bg-raised px-1.5 text-ink"
        >
          {AXES.map((axis) => (
            <option key={axis} value={axis}>
              {axisLabel(axis)}
            </option>
          ))}
        </select>
      </label>
      <label className="flex items-center gap-2">
        {t("metrics.toolbar.smoothing")}
        <input
          type="range"
          min="0"
          max={positionOf(1)}
          step="any"
          value={positionOf(view.smoothing)}
          aria-valuetext={view.smoothing.toFixed(3)}
          onChange={(event) => change({ smoothing: weightAt(event.target.valueAsNumber) })}
          className="w-20 sm:w-28"
        />
        <span className="w-8 text-ink tabular-nums">{Number(view.smoothing.toFixed(3))}</span>
      </label>
      <Check
        label={t("metrics.toolbar.log")}
        title={t("metrics.toolbar.logHint")}
        checked={view.log}
        onChange={(log) => change({ log })}
      />
      <Check
        label={t("metrics.toolbar.ignoreOutliers")}
        title={t("metrics.toolbar.ignoreOutliersHint")}
        checked={view.bulk}
        onChange={(bulk) => change({ bulk })}
      />
      {resumed && (
        <Check
          label={t("metrics.toolbar.allAttempts")}
          title={t("metrics.toolbar.allAttemptsHint")}
          checked={view.superseded}
          onChange={(superseded) => change({ superseded })}
        />
      )}
      {(view.span.from !== null || view.span.to !== null) && (
        <Button tone="quiet" small onClick={() => change({ span: { from: null, to: null } })}>
          {t("metrics.toolbar.showAll", { span: spanLabel(view) })}
        </Button>
      )}
      <div className="ml-auto flex items-center gap-3">
        {aside}
        {(metrics >= FILTER_FROM || view.filter !== "") && (
          <input
            type="search"
            aria-label={t("metrics.toolbar.filter")}
            placeholder={t("metrics.toolbar.filterPlaceholder", { metrics: String(metrics) })}
            value={view.filter}
            onChange={(event) => change({ filter: event.target.value })}
            className="h-7 w-40 rounded-md border border-edge bg-raised px-2 text-ink placeholder:text-muted"
          />
        )}
      </div>
    </section>
  );
}

function Check({
  label,
  title,
  checked,
  onChange,
}: {
  label: string;
  title: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}) {
  return (
    <label title={title} className="flex items-center gap-1.5">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      {label}
    </label>
  );
}

function spanLabel({ axis, span: { from, to } }: View): string {
  const text = t("format.range", {
    first: from === null ? t("metrics.toolbar.begin") : placeText(axis, from),
    last: to === null ? t("metrics.toolbar.newest") : placeNumber(axis, to),
  });
  return text.charAt(0).toUpperCase() + text.slice(1);
}
