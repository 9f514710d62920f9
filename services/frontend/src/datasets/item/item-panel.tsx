"use client";

import { useState } from "react";
import type { DatasetDetail, ItemDetail, Rules, Target } from "@/api/schema";
import { CaptionEditor } from "@/datasets/captions/caption-editor";
import type { Conversion } from "@/datasets/grid/grid-view";
import { useItem, useQuarantine } from "@/datasets/item-queries";
import { useRules } from "@/datasets/queries";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import { bytes, count, duration, number } from "@/ui/format";
import { Chevron, Cross } from "@/ui/icons";
import { ErrorNotice } from "@/ui/notice";
import { type Crop, cropOf, sizeText } from "./crop";
import { CropFrame } from "./crop-frame";
import { FlagList } from "./flag-list";
import { colourText } from "./rule-measure";

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
            aria-label={by < 0 ? t("common.previous") : t("common.next")}
            disabled={!onStep}
            onClick={() => onStep?.(by)}
          >
            <Chevron className={`size-3.5 ${by < 0 ? "rotate-180" : ""}`} />
          </Button>
        ))}
        <Button small tone="bare" className="w-7 px-0!" aria-label={t("common.close")} onClick={onClose}>
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
            {is_image ? t("datasets.item.cannotShow") : t("datasets.item.cannotPlay")}
          </p>
        )}
      </CropFrame>
      {crop && target && (
        <label className="flex items-center gap-2 text-muted text-xs tabular-nums">
          <input type="checkbox" checked={shown} onChange={(event) => setShown(event.target.checked)} />
          <span>{cropText(crop, target)}</span>
        </label>
      )}
    </div>
  );
}

function cropText({ lost, enlarged }: Crop, target: Target): string {
  const kind = lost < 0.0005 ? "whole" : "cut";
  const values = { size: sizeText(target), lost: number(lost * 100, 2) };
  return enlarged ? t(`datasets.item.crop.${kind}Enlarged`, values) : t(`datasets.item.crop.${kind}`, values);
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
              <span className="font-medium text-stopping">{t("datasets.item.quarantined")}</span>
              {reason && `: ${reason}`}
            </>
          ) : item.split === "validation" ? (
            t("datasets.item.usedHeldOut")
          ) : (
            t("datasets.item.used")
          )}
        </p>
        <Button
          small
          tone={quarantined ? "quiet" : "danger"}
          busy={change.isPending}
          onClick={() =>
            change.mutate({ items: [id], reason: quarantined ? "" : t("datasets.quarantine.byHand"), on: !quarantined })
          }
        >
          {quarantined ? t("datasets.item.useAgain") : t("datasets.quarantine.do")}
        </Button>
      </div>
      {change.error && <ErrorNotice error={change.error} />}
    </div>
  );
}

function codecText({ codec, container }: ItemDetail): string | null {
  return codec && container ? t("datasets.item.codecIn", { codec, container }) : codec || container || null;
}

/** What is converted of it for training; null before anything was measured of it. */
function convertedText({ conversions, colour, pixel_aspect, codec, damage }: ItemDetail): string | null {
  if (conversions === null) return codec && !damage ? t("datasets.item.convertedUnknown") : null;
  const details: Partial<Record<Conversion, string>> = {
    hdr: colourText(colour ?? ""),
    wide_gamut: colourText(colour ?? ""),
    non_square: number(pixel_aspect, 4),
  };
  const named = conversions.map((one) => {
    const name = t(`datasets.conversions.${one}`);
    return details[one] ? t("datasets.item.convertedDetail", { name, detail: details[one] }) : name;
  });
  return named.join(", ") || t("datasets.item.convertedNothing");
}

function Facts({ item }: { item: ItemDetail }) {
  const facts: [string, string | null][] = [
    [t("datasets.item.size"), item.width && item.height ? `${item.width}x${item.height}` : null],
    [t("datasets.item.frames"), item.frames === null ? null : count(item.frames)],
    [t("datasets.item.rate"), item.fps === null ? null : t("datasets.item.fps", { rate: number(item.fps) })],
    [t("datasets.item.duration"), item.duration_s === null ? null : duration(item.duration_s)],
    [t("datasets.item.codec"), codecText(item)],
    [t("datasets.item.rotation"), item.rotation ? `${item.rotation}°` : null],
    [t("datasets.item.converted"), convertedText(item)],
    [t("datasets.item.file"), bytes(item.size_bytes)],
    [t("datasets.item.line"), count(item.line)],
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
