import type { ReactNode } from "react";
import { cropOf, type Size } from "./crop";

/** A picture or video with what is cut away to fill the target dimmed over it. */
export function CropFrame({ picture, target, children }: { picture: Size; target: Size | null; children: ReactNode }) {
  const crop = target && cropOf(picture, target);
  const band = "pointer-events-none absolute bg-black/65";
  return (
    <div
      className="relative mx-auto max-h-[52vh] overflow-hidden rounded-md bg-black"
      style={{ aspectRatio: `${picture.width} / ${picture.height}` }}
    >
      {children}
      {crop && (
        <div aria-hidden="true" data-testid="crop" data-lost={crop.lost.toFixed(4)}>
          <div className={`${band} inset-y-0 left-0`} style={{ width: share(crop.side) }} />
          <div className={`${band} inset-y-0 right-0`} style={{ width: share(crop.side) }} />
          <div className={`${band} inset-x-0 top-0`} style={{ height: share(crop.edge) }} />
          <div className={`${band} inset-x-0 bottom-0`} style={{ height: share(crop.edge) }} />
          <div
            className="pointer-events-none absolute border border-white/80"
            style={{ inset: `${share(crop.edge)} ${share(crop.side)}` }}
          />
        </div>
      )}
    </div>
  );
}

const share = (of: number) => `${(of * 100).toFixed(3)}%`;
