"use client";

import { memo, type ReactNode, useMemo } from "react";
import { t } from "@/messages";
import { Card } from "@/ui/card";
import { type ChartPage, type Moment, useChartPage } from "./chart-page";
import type { ChartRun } from "./lines";
import { MetricChart } from "./metric-chart";
import { MetricGroup } from "./metric-group";
import { besideOf, filterMetrics, groupMetrics, KEY_METRICS, MAIN } from "./metric-groups";
import { Toolbar } from "./toolbar";

interface Props {
  /** Watched by the page that shows them. */
  runs: readonly ChartRun[];
  /** All metrics that any of them has. */
  keys: readonly string[];
  moments: readonly Moment[];
  aside?: ReactNode;
}

/** The curves of one run or of several. A memo: summaries move with each step, and the charts have a pace of their own. */
export const Charts = memo(function Charts({ runs, keys, moments, aside }: Props) {
  const page = useChartPage(runs, moments, keys);
  const { filter } = page.view;
  const found = useMemo(() => filterMetrics(keys, filter), [keys, filter]);
  const groups = useMemo(() => groupMetrics(found), [found]);
  const ids = useMemo(() => runs.map((run) => run.id), [runs]);
  const keyMetrics = KEY_METRICS.filter((key) => found.includes(key));
  return (
    <>
      <Toolbar page={page} metrics={keys.length} resumed={runs.some((run) => run.attempt > 1)} aside={aside} />
      {(found.includes(MAIN) || keys.length === 0) && (
        <Card title={t("metrics.trainingLoss")}>
          <MetricChart metric={MAIN} page={page} />
          <p className="px-1 pt-2 text-muted text-xs max-sm:hidden">{t("metrics.zoomHelp")}</p>
        </Card>
      )}
      {keyMetrics.length > 0 && (
        <Card title={t("metrics.title")}>
          <SmallCharts page={page} names={keyMetrics} keys={runs.length === 1 ? keys : []} />
        </Card>
      )}
      {groups.map(([group, names]) => (
        <MetricGroup key={group} group={group} names={names} runIds={ids} forceOpen={filter !== ""}>
          <SmallCharts page={page} names={names} />
        </MetricGroup>
      ))}
      {found.length === 0 && filter !== "" && (
        <p className="rounded-lg border border-line border-dashed px-4 py-6 text-center text-muted">
          {t("metrics.noMatch", { filter })}
        </p>
      )}
    </>
  );
});

/** `keys`: all metrics that there are, where others may be drawn beside these. */
function SmallCharts({
  page,
  names,
  keys = [],
}: {
  page: ChartPage;
  names: readonly string[];
  keys?: readonly string[];
}) {
  return (
    <div className="grid gap-x-5 gap-y-4 sm:grid-cols-2 2xl:grid-cols-4">
      {names.map((name) => (
        <MetricChart key={name} metric={name} page={page} beside={besideOf(name, keys)} compact />
      ))}
    </div>
  );
}
