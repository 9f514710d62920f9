import { t } from "@/messages";
import { count } from "@/ui/format";
import { type Bar, heights } from "./histogram-bars";

const HEIGHT = 44;
const GAP = 1;
const WIDTH = 10;

/** How a measure is spread over the data set: one bar a range, its count on hover, the ends written below. */
export function Histogram({ title, bars, unit = "" }: { title: string; bars: readonly Bar[]; unit?: string }) {
  const sizes = heights(bars);
  const first = bars[0]?.ends[0] ?? "";
  const last = bars.at(-1)?.ends[1] ?? "";
  return (
    <figure className="min-w-0">
      <figcaption className="mb-1 font-medium text-xs">
        {title} {unit && <span className="font-normal text-muted">{unit}</span>}
      </figcaption>
      {bars.length === 0 ? (
        <p className="text-muted text-xs">{t("datasets.summary.notKnown")}</p>
      ) : (
        <>
          <svg
            viewBox={`0 0 ${bars.length * WIDTH} ${HEIGHT}`}
            preserveAspectRatio="none"
            className="h-11 w-full border-line border-b text-accent"
            role="img"
            aria-label={`${title}: ${bars
              .filter((bar) => bar.count > 0)
              .map((bar) => `${bar.label}: ${count(bar.count)}`)
              .join(", ")}`}
          >
            {bars.map((bar, i) => (
              <g key={bar.label} className="group">
                <title>{`${bar.label} ${unit}: ${count(bar.count)}`}</title>
                <rect x={i * WIDTH} y={0} width={WIDTH} height={HEIGHT} fill="transparent" />
                <rect
                  x={i * WIDTH + GAP / 2}
                  y={HEIGHT * (1 - (sizes[i] ?? 0))}
                  width={WIDTH - GAP}
                  height={HEIGHT * (sizes[i] ?? 0)}
                  fill="currentColor"
                  className="opacity-75 group-hover:opacity-100"
                />
              </g>
            ))}
          </svg>
          <p className="mt-0.5 flex justify-between gap-2 text-muted text-xs tabular-nums">
            <span className="truncate">{first}</span>
            {bars.length > 1 && <span className="truncate">{last}</span>}
          </p>
        </>
      )}
    </figure>
  );
}
