"use client";

import { memo } from "react";
import type { ItemRead } from "@/api/schema";
import { t } from "@/messages";
import { fileName } from "@/ui/file-name";
import { duration } from "@/ui/format";
import { Film, Picture } from "@/ui/icons";
import { VideoPreview } from "./video-preview";

interface Props {
  item: ItemRead | undefined;
  index: number;
  column: number;
  focused: boolean;
  selected: boolean;
  open: boolean;
  playing: boolean;
}

/** One clip or picture: its thumbnail, its caption, whether it is kept out and why. */
export const ItemCell = memo(function ItemCell({ item, index, column, focused, selected, open, playing }: Props) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus and names the active cell
    // biome-ignore lint/a11y/useSemanticElements: a table lays out its cells by itself
    <div
      role="gridcell"
      id={`item-${index}`}
      aria-colindex={column + 1}
      aria-selected={selected}
      data-index={index}
      data-testid="item"
      data-item={item?.id}
      data-quarantined={item?.quarantined || undefined}
      data-focused={focused || undefined}
      data-open={open || undefined}
      className="group/cell min-w-0 cursor-pointer rounded-md outline-accent outline-offset-2 data-open:outline-2 group-focus-visible/grid:data-focused:outline-2 [contain:layout_paint]"
    >
      <div className="relative aspect-video overflow-hidden rounded-md bg-sunken">
        {item && <Picturing item={item} playing={playing} />}
        {item && (
          <>
            <span
              aria-hidden="true"
              data-part="select"
              className={`absolute top-1.5 left-1.5 grid size-5 place-items-center rounded border text-xs ${
                selected
                  ? "border-accent bg-accent text-surface"
                  : "border-white/70 bg-black/40 text-transparent opacity-0 group-hover/cell:opacity-100"
              }`}
            >
              ✓
            </span>
            <Badges item={item} />
          </>
        )}
      </div>
      {item ? (
        <p className="mt-1 line-clamp-2 h-8 break-words text-xs leading-4" title={fileName(item.file)}>
          {item.caption.slice(0, 300) || <span className="text-muted italic">{t("datasets.grid.noCaption")}</span>}
        </p>
      ) : (
        <div className="mt-1 h-8" />
      )}
    </div>
  );
});

function Picturing({ item, playing }: { item: ItemRead; playing: boolean }) {
  const dimmed = item.quarantined ? "opacity-35 grayscale" : "";
  return (
    <>
      {item.thumbnail ? (
        // biome-ignore lint/performance/noImgElement: a static export optimises no images
        <img src={item.thumbnail} alt="" decoding="async" className={`size-full object-contain ${dimmed}`} />
      ) : (
        <span className={`grid size-full place-items-center text-muted ${dimmed}`}>
          {item.is_image ? <Picture className="size-6" /> : <Film className="size-6" />}
        </span>
      )}
      {playing && <VideoPreview item={item} />}
    </>
  );
}

const badge = "rounded bg-black/65 px-1 text-[0.6875rem] text-white leading-4 tabular-nums";

function Badges({ item }: { item: ItemRead }) {
  const { quarantined, reason, flags, split, is_image, frames, duration_s } = item;
  return (
    <>
      <span className="pointer-events-none absolute inset-x-1.5 bottom-1.5 flex items-end gap-1">
        {quarantined && (
          <span className={`${badge} min-w-0 truncate`} title={reason}>
            {reason || t("datasets.filter.states.quarantined")}
          </span>
        )}
        {!quarantined && flags.length > 0 && (
          <span className={`${badge} min-w-0 truncate`}>
            {flags[0]?.replaceAll("_", " ")}
            {flags.length > 1 && ` +${flags.length - 1}`}
          </span>
        )}
        {!is_image && frames !== null && (
          <span className={`${badge} ml-auto shrink-0`}>
            {duration_s !== null && duration_s >= 1
              ? duration(duration_s)
              : t("datasets.grid.frames", { frames: String(frames) })}
          </span>
        )}
      </span>
      {split === "validation" && (
        <span className={`${badge} absolute top-1.5 right-1.5`}>{t("datasets.filter.sides.validation")}</span>
      )}
    </>
  );
}
