import type { DatasetDetail } from "@/api/schema";
import { count, duration } from "@/ui/format";

const PHASES: Record<string, string> = {
  tokenizer: "looking for the tokenizer",
  captions: "counting captions",
  headers: "opening files",
  frames: "measuring frames",
};

/** What a scan is at. */
export const phaseText = (phase: string) => PHASES[phase] ?? "scanning";

/** Where the scan of a data set stands, in a few words. */
export function scanText({ scan, unscanned, rows }: Pick<DatasetDetail, "scan" | "unscanned" | "rows">): string {
  const { state, phase, done, total, left_s, message } = scan;
  if (state === "queued") return message || "waits for an agent to scan it";
  if (state === "running") {
    const far = total ? `${count(done)} / ${count(total)}` : done > 0 && count(done);
    return [phaseText(phase), far, left_s !== null && `${duration(left_s)} left`].filter(Boolean).join(" · ");
  }
  if (state === "failed") return message || "the scan failed";
  if (unscanned === 0 && rows > 0) return "scanned";
  if (unscanned >= rows) return "not scanned yet";
  return `${count(unscanned)} not scanned yet`;
}
