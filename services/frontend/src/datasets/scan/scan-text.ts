import type { DatasetDetail } from "@/api/schema";
import { hasKey, messages, t } from "@/messages";
import { count, duration } from "@/ui/format";

/** What a scan is at. */
export const phaseText = (phase: string) =>
  t(hasKey(messages.datasets.scan.phases, phase) ? `datasets.scan.phases.${phase}` : "datasets.scan.phases.other");

/** Where the scan of a data set stands, in a few words. */
export function scanText({ scan, unscanned, rows }: Pick<DatasetDetail, "scan" | "unscanned" | "rows">): string {
  const { state, phase, done, total, left_s, message } = scan;
  if (state === "queued") return message || t("datasets.scan.line.queued");
  if (state === "running") {
    const far = total ? `${count(done)} / ${count(total)}` : done > 0 && count(done);
    return [phaseText(phase), far, left_s !== null && t("format.left", { time: duration(left_s) })]
      .filter(Boolean)
      .join(" · ");
  }
  if (state === "failed") return message || t("datasets.scan.line.failed");
  if (unscanned === 0 && rows > 0) return t("datasets.scan.line.scanned");
  if (unscanned >= rows) return t("datasets.scan.line.notScanned");
  return t("datasets.scan.line.someNotScanned", { rows: unscanned });
}
