"use client";

import { useState } from "react";
import type { DatasetDetail, ItemDetail, Rules } from "@/api/schema";
import { CaptionEditor } from "@/datasets/captions/caption-editor";
import { useItem, useQuarantine } from "@/datasets/item-queries";
import { useRules } from "@/datasets/queries";
import { Button } from "@/ui/button";
import { bytes, count, duration, number } from "@/ui/format";
import { Chevron, Cross } from "@/ui/icons";
import { ErrorNotice } from "@/ui/notice";
import { cropOf } from "./crop";
import { CropFrame } from "./crop-frame";
import { FlagList } from "./flag-list";

interface Props {
  dataset: DatasetDetail;
  itemId: number;
  /** To a neighbour in the list; null where its place in it is not known. */
  onStep: ((by: 1 | -1) => void) | null;
  onClose: () => void;
}

/** One item, large: what a crop would cut away, its caption, what was measured, and whether it is used. */
export function ItemPanel({ dataset, itemId, onStep, onClose }: Props) {
  const { data: item, error } = useItem(dataset.id, itemId);
  const { data: rules } = useRules(dataset.id);
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col" data-testid="item-panel" data-item={item?.id}>
      <header className="flex min-h-10 items-center gap-1 border-line border-b px-3 py-1.5">
        <p className="min-w-0 flex-1 truncate font-mono text-xs" title={item?.path}>
          {item?.file ?? ""}
        </p>
        {([-1, 1] as const).map((by) => (
          <Button
            key={by}
            small
            tone="bare"
            className="w-7 px-0!"
            aria-label={by < 0 ? "Previous" : "Next"}
            disabled={!onStep}
            onClick={() => onStep?.(by)}
          >
            <Chevron className={`size-3.5 ${by < 0 ? "rotate-180" : ""}`} />
          </Button>
        ))}
        <Button small tone="bare" className="w-7 px-0!" aria-label="Close" onClick={onClose}>
          <Cross />
        </Button>
      </header>
      {error && !item && <ErrorNotice error={error} />}
      {item && (
        <div key={item.id} className="min-h-0 space-y-4 overflow-y-auto p-3">
          <ItemDetails item={item} rules={rules} />
          <Quarantine datasetId={dataset.id} item={item} />
          <CaptionEditor datasetId={dataset.id} item={item} />
          {rules && <FlagList item={item} rules={rules} />}
          <Facts item={item} />
        </div>
      )}
    </div>
  );
}

function ItemDetails({ item, rules }: { item: ItemDetail; rules: Rules | undefined }) {
  const [shown, setShown] = useState(true);
  const [failed, setFailed] = useState(false);
  const { width, height, media, is_image } = item;
  const picture = { width: width ?? 16, height: height ?? 9 };
  const target = rules?.target ?? null;
  const crop = width !== null && height !== null && target ? cropOf(picture, target) : null;
  const fill = "absolute inset-0 size-full object-contain";
  return (
    <div className="space-y-1.5">
      <CropFrame picture={picture} target={crop && shown ? target : null}>
        {failed ? null : is_image ? (
          // biome-ignore lint/performance/noImgElement: a static export optimises no images
          <img src={media} alt={item.caption.slice(0, 200)} onError={() => setFailed(true)} className={fill} />
        ) : (
          <video
            src={media}
            aria-label={item.caption.slice(0, 200)}
            controls
            muted
            loop
            autoPlay={!matchMedia("(prefers-reduced-motion: reduce)").matches}
            playsInline
            onError={() => setFailed(true)}
            className={fill}
          />
        )}
        {failed && (
          <p className="absolute inset-0 grid place-items-center p-4 text-center text-white text-xs">
            This browser cannot {is_image ? "show" : "play"} the file.
          </p>
        )}
      </CropFrame>
      {crop && target && (
        <label className="flex items-center gap-2 text-muted text-xs tabular-nums">
          <input type="checkbox" checked={shown} onChange={(event) => setShown(event.target.checked)} />
          <span>
            At {target.height}x{target.width}{" "}
            {crop.lost < 0.0005 ? "nothing is cut away" : `${number(crop.lost * 100, 2)}% is cut away`}
            {crop.enlarged && ", and it is enlarged"}
          </span>
        </label>
      )}
    </div>
  );
}

function Quarantine({ datasetId, item }: { datasetId: number; item: ItemDetail }) {
  const change = useQuarantine(datasetId);
  const { id, quarantined, reason } = item;
  return (
    <div className="space-y-1.5">
      <div className="flex flex-wrap items-center gap-2">
        <p className="min-w-0 flex-1 text-xs" data-testid="item-state">
          {quarantined ? (
            <>
              <span className="font-medium text-stopping">Quarantined</span>
              {reason && `: ${reason}`}
            </>
          ) : (
            <>Used{item.split === "validation" && ", held out for validation"}</>
          )}
        </p>
        <Button
          small
          tone={quarantined ? "quiet" : "danger"}
          busy={change.isPending}
          onClick={() => change.mutate({ items: [id], reason: quarantined ? "" : BY_HAND, on: !quarantined })}
        >
          {quarantined ? "Use it again" : "Quarantine"}
        </Button>
      </div>
      {change.error && <ErrorNotice error={change.error} />}
    </div>
  );
}

/** The reason of what a person keeps out without giving one. */
export const BY_HAND = "by hand";

function Facts({ item }: { item: ItemDetail }) {
  const facts: [string, string | null][] = [
    ["Size", item.width && item.height ? `${item.width}x${item.height}` : null],
    ["Frames", item.frames === null ? null : count(item.frames)],
    ["Rate", item.fps === null ? null : `${number(item.fps)} fps`],
    ["Duration", item.duration_s === null ? null : duration(item.duration_s)],
    ["Codec", [item.codec, item.container].filter(Boolean).join(" in ") || null],
    ["Rotation", item.rotation ? `${item.rotation}°` : null],
    ["File", bytes(item.size_bytes)],
    ["Line", count(item.line)],
  ];
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-0.5 border-line border-t pt-3 text-xs tabular-nums">
      {facts.map(
        ([name, value]) =>
          value !== null && (
            <div key={name} className="contents">
              <dt className="text-muted">{name}</dt>
              <dd className="break-words">{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
