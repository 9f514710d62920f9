"use client";

import { Dialog } from "@base-ui/react/dialog";
import { useEffect, useRef } from "react";
import type { SampleRead } from "@/api/schema";
import { t } from "@/messages";
import { buttonClass } from "@/ui/button";
import { Cross, Download } from "@/ui/icons";

const isImage = (path: string) => /\.(png|jpe?g|webp|gif)$/i.test(path);

/** A sample that loops without sound; a click shows it large. */
export function SampleVideo({ sample, label }: { sample: SampleRead; label: string }) {
  return (
    <Dialog.Root>
      <Dialog.Trigger
        className="group relative block w-full overflow-hidden rounded-md bg-sunken"
        aria-label={t("samples.showLarge", { label, prompt: sample.prompt })}
      >
        <Moving sample={sample} className="block w-full" />
        <span className="absolute bottom-1 left-1 rounded bg-black/65 px-1.5 text-[0.6875rem] text-white leading-5">
          {label}
        </span>
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/75" />
        <Dialog.Popup className="fixed inset-0 z-50 m-auto flex h-fit max-h-[94dvh] w-[min(62rem,96vw)] flex-col gap-3 rounded-xl border border-line bg-raised p-4">
          <div className="flex items-start gap-3">
            <div className="min-w-0 flex-1">
              <Dialog.Title className="font-medium">{label}</Dialog.Title>
              <Dialog.Description className="break-words text-muted text-xs">
                {sample.prompt}
                {sample.seed !== null && ` · ${t("samples.seed", { seed: String(sample.seed) })}`}
              </Dialog.Description>
            </div>
            <a href={`${sample.url}?download=1`} download className={buttonClass("quiet", true)}>
              <Download className="size-3.5" />
              {t("samples.download")}
            </a>
            <Dialog.Close className={`${buttonClass("bare", true)} w-7 px-0!`} aria-label={t("common.close")}>
              <Cross />
            </Dialog.Close>
          </div>
          <Moving
            sample={sample}
            controls
            className="max-h-[78dvh] min-h-0 w-full rounded-md bg-black object-contain"
          />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Begin where the page's clock is in the loop, so that videos of one length run side by side. */
function onOneClock({ currentTarget }: Event) {
  const video = currentTarget as HTMLVideoElement;
  if (!video.controls && video.duration > 0) video.currentTime = (performance.now() / 1_000) % video.duration;
}

function Moving({ sample, controls, className }: { sample: SampleRead; controls?: boolean; className: string }) {
  const video = useRef<HTMLVideoElement>(null);

  useEffect(() => {
    const element = video.current;
    if (!element || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const seen = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting) void element.play().catch(() => {});
      else element.pause();
    });
    seen.observe(element);
    element.addEventListener("play", onOneClock);
    return () => {
      seen.disconnect();
      element.removeEventListener("play", onOneClock);
    };
  }, []);

  if (isImage(sample.path)) {
    // biome-ignore lint/performance/noImgElement: a static export optimises no images
    return <img data-testid="sample" src={sample.url} alt={sample.prompt} className={className} />;
  }
  return (
    <video
      ref={video}
      data-testid="sample"
      data-step={sample.step}
      data-what={sample.what}
      src={sample.url}
      muted
      loop
      playsInline
      preload="auto"
      controls={controls}
      aria-label={sample.prompt}
      className={className}
    />
  );
}
