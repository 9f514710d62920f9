"use client";

import type { Preset } from "@/api/schema";
import { t } from "@/messages";

/** The presets to start from, one of them chosen. */
export function PresetCards({
  presets,
  chosen,
  onChoose,
}: {
  presets: readonly Preset[];
  chosen: string;
  onChoose: (preset: Preset) => void;
}) {
  return (
    <fieldset className="grid gap-3 sm:grid-cols-2">
      <legend className="sr-only">{t("newRun.preset")}</legend>
      {presets.map((preset) => (
        <label
          key={preset.id}
          className="relative flex min-w-0 gap-2.5 rounded-lg border border-edge p-3 transition-colors hover:bg-sunken/60 has-checked:border-accent has-checked:bg-accent/6 has-checked:ring-1 has-checked:ring-accent has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-2"
        >
          <input
            type="radio"
            name="preset"
            value={preset.id}
            aria-label={preset.title}
            checked={preset.id === chosen}
            onChange={() => onChoose(preset)}
            className="mt-1 self-start outline-none"
          />
          <span className="min-w-0 space-y-1">
            <span className="block font-medium">{preset.title}</span>
            <span className="block text-muted text-xs">{preset.description}</span>
            <span className="block text-muted text-xs tabular-nums">{figures(preset.config)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function figures({ width, height, num_frames, lora_rank }: Preset["config"]): string {
  const parts = [
    width && height && `${width} × ${height}`,
    typeof num_frames === "number" && t("newRun.presetFrames", { frames: num_frames }),
    lora_rank && t("newRun.presetRank", { rank: String(lora_rank) }),
  ];
  return parts.filter(Boolean).join(" · ");
}
