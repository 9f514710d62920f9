import { t } from "@/messages";

const FORMATS = ["csv", "parquet"] as const;

/** All of a run's data, unthinned, as files. */
export function Downloads({ runId, name }: { runId: string; name: string }) {
  return (
    <span className="inline-flex items-center gap-2 text-muted text-xs">
      {FORMATS.map((format) => (
        <a
          key={format}
          href={`/api/runs/${encodeURIComponent(runId)}/export?format=${format}`}
          download
          aria-label={t("metrics.download", { run: name, format: t(`metrics.formats.${format}`) })}
          title={t("metrics.downloadHint", { format: t(`metrics.formats.${format}`) })}
          className="rounded underline decoration-edge underline-offset-2 hover:text-ink"
        >
          {t(`metrics.formats.${format}`)}
        </a>
      ))}
    </span>
  );
}
