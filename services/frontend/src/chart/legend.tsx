"use client";

import { useSyncExternalStore } from "react";
import type { Axis } from "@/api/schema";
import { t } from "@/messages";
import { measured, number } from "@/ui/format";
import type { Crosshair } from "./crosshair";
import type { Line } from "./line";
import { covers, nonFiniteText, type Reading, read, valueText } from "./reading";
import { placeText, spanText } from "./x-axis";

interface Props {
  lines: readonly Line[];
  axis: Axis;
  crosshair: Crosshair;
  /** The end of what the chart shows: read where nothing is pointed at. */
  end: number;
  compact: boolean;
}

/** The values under the crosshair, or else the newest that are shown, of each line. */
export function Legend({ lines, axis, crosshair, end, compact }: Props) {
  const pointed = useSyncExternalStore(crosshair.subscribe, crosshair.get, () => null);
  const at = pointed ?? end;
  const found = lines.flatMap((line) => {
    const reading = read(line, at);
    const told = line.superseded ? !compact && covers(line, at) : true;
    return reading && told ? [{ line, reading }] : [];
  });
  const [first] = found.filter(({ line }) => !line.superseded);
  if (!first) return null;
  const only = found.length === 1 ? first : undefined;
  const furthest = Math.max(...found.map(({ line }) => line.curve.lastX));
  return (
    <div
      data-testid="legend"
      className={`flex min-w-0 flex-1 flex-wrap justify-end gap-x-3 gap-y-0.5 text-muted tabular-nums ${only ? "" : "max-sm:order-last max-sm:basis-full max-sm:justify-start"}`}
    >
      {only && !compact && <Detail {...only} />}
      <span data-testid="legend-x">
        {only ? spanText(axis, only.line.curve, only.reading.x) : placeText(axis, pointed ?? Math.min(end, furthest))}
      </span>
      {only ? (
        <Value reading={only.reading} compact={compact} />
      ) : (
        found.map(({ line, reading }) => (
          <span key={line.id} title={line.name} className="flex min-w-0 items-baseline gap-1.5">
            <Swatch line={line} />
            {!compact && <span className="max-w-36 truncate max-sm:hidden">{line.name}</span>}
            {pointed === null || covers(line, at) ? (
              <Value reading={reading} compact={compact} />
            ) : (
              <span data-testid="legend-value" title={t("chart.legend.noValue")}>
                –
              </span>
            )}
          </span>
        ))
      )}
    </div>
  );
}

export function Swatch({ line }: { line: Pick<Line, "colour" | "superseded"> }) {
  return (
    <span
      aria-hidden="true"
      className="inline-block w-3 shrink-0 self-center border-t-2"
      style={{ borderColor: `var(${line.colour})`, borderStyle: line.superseded ? "dashed" : "solid" }}
    />
  );
}

function Value({ reading, compact }: { reading: Reading; compact: boolean }) {
  return (
    <span data-testid="legend-value" className={reading.nonfinite.length > 0 ? "text-failed" : "text-ink"}>
      {valueText(reading, compact ? number : measured)}
    </span>
  );
}

/** What there is room for beside a single run's value. */
function Detail({ line: { curve, smoothed }, reading: { values } }: { line: Line; reading: Reading }) {
  if (!values) return null;
  return (
    <>
      {smoothed !== curve.mean && (
        <span className="max-sm:hidden">{t("chart.legend.smoothed", { value: measured(values.smoothed) })}</span>
      )}
      {curve.bucket !== null && (
        <span className="max-sm:hidden">
          {t("format.range", { first: measured(values.low), last: measured(values.high) })}
        </span>
      )}
    </>
  );
}

/** Which values are not finite and so are marked at the chart's edge. */
export function NonFiniteNote({ lines }: { lines: readonly Line[] }) {
  const shown = lines.filter((line) => !line.superseded && line.curve.nonfinite.length > 0);
  if (shown.length === 0) return null;
  return (
    <p data-testid="nonfinite" className="flex flex-wrap gap-x-3 px-1 pt-1 text-failed text-xs tabular-nums">
      {shown.map((line) => (
        <span key={line.id} className="inline-flex gap-1.5" title={line.name}>
          {lines.length > 1 && <Swatch line={line} />}
          {nonFiniteText(line.curve.nonfinite).join(", ")}
        </span>
      ))}
    </p>
  );
}
