"use client";

import { useMemo, useState } from "react";
import type { Axis } from "@/api/schema";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import { count, measured } from "@/ui/format";
import { Swatch } from "./legend";
import type { Line } from "./line";
import type { Range } from "./range";
import { kindText } from "./reading";
import { type Row, tableRows } from "./table-rows";
import { axisLabel, placeNumber, spanNumber } from "./x-axis";

const PAGE_ROWS = 100;

/** The chart's own data in numbers, a page at a time. */
export function ChartTable({
  name,
  lines,
  range,
  axis,
}: {
  name: string;
  lines: readonly Line[];
  range: Range;
  axis: Axis;
}) {
  const rows = useMemo(() => tableRows(lines, range), [lines, range]);
  const [wanted, setPage] = useState(0);
  const pages = Math.max(1, Math.ceil(rows.length / PAGE_ROWS));
  const page = Math.min(wanted, pages - 1);
  const first = page * PAGE_ROWS;
  const several = lines.length > 1;
  return (
    <div className="rounded-md border border-line">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section aria-label={t("chart.table.label", { metric: name })} tabIndex={0} className="max-h-96 overflow-auto">
        <table className="w-full text-right text-xs tabular-nums [&_td]:px-2.5 [&_td]:py-1 [&_th]:px-2.5 [&_th]:py-1.5">
          <caption className="px-2.5 py-1.5 text-left text-muted">
            {lines.some(({ curve }) => curve.bucket !== null)
              ? t("chart.table.captionOfBuckets", { metric: name, rows: rows.length })
              : t("chart.table.caption", { metric: name, rows: rows.length })}
          </caption>
          <thead className="sticky top-0 bg-sunken text-muted">
            <tr>
              <th scope="col" className="text-left font-medium">
                {axisLabel(axis)}
              </th>
              {several && (
                <th scope="col" className="text-left font-medium">
                  {t("run.title")}
                </th>
              )}
              {[t("chart.table.mean"), t("chart.table.min"), t("chart.table.max"), t("chart.table.count")].map(
                (head) => (
                  <th key={head} scope="col" className="font-medium">
                    {head}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {rows.slice(first, first + PAGE_ROWS).map((row) => (
              <TableRow key={`${row.line.id} ${row.x} ${row.what}`} row={row} axis={axis} several={several} />
            ))}
          </tbody>
        </table>
      </section>
      {pages > 1 && (
        <div className="flex items-center justify-end gap-1 border-line border-t px-1.5 py-1 text-muted text-xs tabular-nums">
          <span className="mr-auto px-1">
            {t("chart.table.page", {
              first: first + 1,
              last: Math.min(first + PAGE_ROWS, rows.length),
              all: rows.length,
            })}
          </span>
          <Button tone="bare" small disabled={page === 0} onClick={() => setPage(page - 1)}>
            {t("common.previous")}
          </Button>
          <Button tone="bare" small disabled={page === pages - 1} onClick={() => setPage(page + 1)}>
            {t("common.next")}
          </Button>
        </div>
      )}
    </div>
  );
}

function TableRow({ row, axis, several }: { row: Row; axis: Axis; several: boolean }) {
  const { line, x, mean, low, high, what } = row;
  return (
    <tr>
      <th scope="row" className="whitespace-nowrap px-2.5 py-1 text-left font-normal">
        {what ? placeNumber(axis, x) : spanNumber(axis, line.curve, x)}
      </th>
      {several && (
        <td className="max-w-40 text-left">
          <span className="flex items-center gap-1.5">
            <Swatch line={line} />
            <span className="truncate">{line.name}</span>
          </span>
        </td>
      )}
      {what ? (
        <td colSpan={3} className="text-failed">
          {kindText(what)}
        </td>
      ) : (
        [mean, low, high].map((value, i) => <td key={["mean", "min", "max"][i]}>{measured(value)}</td>)
      )}
      <td>{count(row.count)}</td>
    </tr>
  );
}
