import type { ItemDetail, Target } from "@/api/schema";
import type { RuleId } from "@/datasets/grid/grid-view";
import { t } from "@/messages";
import { count, number } from "@/ui/format";

/** What was measured of an item that a rule judges it by, in the rule's own unit; null where nothing was. */
export function measureOf(rule: RuleId, item: ItemDetail, target: Target): string | null {
  switch (rule) {
    case "unreadable":
      return item.damage_message || item.damage || null;
    case "too_few_frames":
      return item.is_image ? null : count(item.frames);
    case "small":
      return item.width && item.height
        ? number(Math.max(target.width / item.width, target.height / item.height), 3)
        : null;
    case "cropped":
      return known(item.cropped);
    case "still":
      return known(item.motion);
    case "cut":
      return known(item.cut);
    case "blurred":
      return known(item.sharpness);
    case "dark":
      return known(item.dark);
    case "burnt":
      return known(item.burnt);
    case "letterboxed":
      return known(item.bars);
    case "duplicate":
      return item.duplicates.length > 0 ? t("datasets.measures.duplicates", { rows: item.duplicates.length }) : null;
    case "near_duplicate":
      return item.alike === null ? null : t("datasets.measures.alike", { row: String(item.alike) });
    case "caption_long":
      return item.tokens === null ? null : count(item.tokens);
    case "caption_mixed":
      return languagesText(item.scripts);
    case "hdr":
      return item.conversions?.includes("hdr") ? colourText(item.colour ?? "") : null;
    case "low_frame_rate":
      return item.is_image || item.fps === null ? null : number(item.fps, 5);
    case "anamorphic":
      return item.pixel_aspect === null ? null : number(Math.max(item.pixel_aspect, 1 / item.pixel_aspect), 3);
    case "interlaced":
    case "alpha":
    case "caption_empty":
    case "caption_repeated":
    case "caption_misdecoded":
    case "leak":
      return null;
  }
}

const COLOURS: Readonly<Record<string, string>> = { hlg: "HLG", pq: "PQ", bt2020: "BT.2020", p3: "P3" };

/** The colours of a file that are mapped, "hlg bt2020", as people write them. */
export const colourText = (colour: string) =>
  colour
    .split(" ")
    .map((word) => COLOURS[word] ?? word)
    .join(" ");

const known = (value: number | null) => (value === null ? null : number(value, 3));

/** The share of letters that are not of the main script, and the scripts. */
function languagesText(scripts: Readonly<Record<string, number>>): string | null {
  const all = Object.entries(scripts).sort(([, one], [, other]) => other - one);
  const letters = all.reduce((sum, [, held]) => sum + held, 0);
  if (letters === 0) return null;
  const names = all.map(([script]) => script).join(", ");
  return `${names}: ${number(1 - (all[0]?.[1] ?? 0) / letters, 3)}`;
}
