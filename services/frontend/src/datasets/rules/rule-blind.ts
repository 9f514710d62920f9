import type { DatasetDetail, RuleRead } from "@/api/schema";
import type { RuleId } from "@/datasets/grid/grid-view";

/** What these go by was not told by scans of earlier versions, or is judged by the next scan. */
const BY_CONVERSIONS: readonly RuleId[] = ["interlaced", "hdr", "low_frame_rate", "anamorphic", "alpha"];

/** Whether a rule cannot judge any row yet, though a scan is done. */
export function isBlind(
  { id, flagged }: Pick<RuleRead, "id" | "flagged">,
  { tokenizer, rows, unscanned, outdated }: Pick<DatasetDetail, "tokenizer" | "rows" | "unscanned" | "outdated">,
): boolean {
  if (id === "caption_long") return tokenizer?.is_own === false;
  return BY_CONVERSIONS.includes(id) && flagged === 0 && outdated > 0 && outdated + unscanned >= rows;
}
