import { t } from "@/messages";

const FORMATS = { csv: "CSV", parquet: "Parquet" };

/** All of a run's data, unthinned, as files. */
export function Downloads({ runId, name }: { runId: string; name: string }) {
  return (
    <span className="inline-flex items-center gap-2 text-muted text-xs">
      {Object.entries(FORMATS).map(([format, label]) => (
        <a
          key={format}
          href={`/api/runs/${encodeURIComponent(runId)}/export?format=${format}`}
          download
          aria-label={t("metrics.download", { run: name, format: label })}
          title={t("metrics.downloadHint", { format: label })}
          className="rounded underline decoration-edge underline-offset-2 hover:text-ink"
        >
          {label}
        </a>
      ))}
    </span>
  );
}
