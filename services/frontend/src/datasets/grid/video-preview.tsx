"use client";

import { useState } from "react";
import type { ItemRead } from "@/api/schema";
import { t } from "@/messages";

/** The file itself over its thumbnail: the video plays without sound, round and round. */
export function VideoPreview({ item }: { item: ItemRead }) {
  const [failed, setFailed] = useState(false);
  const fill = "absolute inset-0 size-full object-contain";
  if (failed) {
    return (
      <span className="absolute inset-x-0 top-0 bg-black/65 px-1.5 py-0.5 text-[0.6875rem] text-white">
        {item.is_image ? t("datasets.grid.cannotShow") : t("datasets.grid.cannotPlay")}
      </span>
    );
  }
  if (item.is_image) {
    // biome-ignore lint/performance/noImgElement: a static export optimises no images
    return <img src={item.media} alt="" decoding="async" onError={() => setFailed(true)} className={fill} />;
  }
  return (
    <video
      src={item.media}
      data-testid="preview"
      muted
      loop
      playsInline
      autoPlay
      preload="auto"
      tabIndex={-1}
      onError={() => setFailed(true)}
      className={fill}
    />
  );
}
