import type { SampleRead } from "@/api/schema";

/** One prompt at one step: the LoRA's video, and the base's for comparison where there is one. */
export interface Pair {
  prompt: string;
  seed: number | null;
  lora: SampleRead | undefined;
  base: SampleRead | undefined;
}

export interface StepSamples {
  step: number;
  pairs: Pair[];
}

/**
 * Samples by the step they were drawn at, the newest first. Where a resumed run drew a step again the newest attempt's are
 * taken. A base video is drawn once, and stands beside every later one of its prompt and seed.
 */
export function byStep(samples: readonly SampleRead[]): StepSamples[] {
  const bases = new Map<string, SampleRead>();
  const steps = new Map<number, Map<string, Pair>>();
  const ordered = [...samples].sort((a, b) => a.attempt - b.attempt || a.step - b.step || a.ts - b.ts);
  for (const sample of ordered) if (sample.what === "base") bases.set(name(sample), sample);
  for (const sample of ordered) {
    const pairs = steps.get(sample.step) ?? new Map<string, Pair>();
    steps.set(sample.step, pairs);
    const held = pairs.get(name(sample)) ?? {
      prompt: sample.prompt,
      seed: sample.seed,
      lora: undefined,
      base: bases.get(name(sample)),
    };
    pairs.set(name(sample), sample.what === "base" ? { ...held, base: sample } : { ...held, lora: sample });
  }
  return [...steps].sort(([a], [b]) => b - a).map(([step, pairs]) => ({ step, pairs: [...pairs.values()] }));
}

const name = ({ prompt, seed }: SampleRead) => `${seed} ${prompt}`;
