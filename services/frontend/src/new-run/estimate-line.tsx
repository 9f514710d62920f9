import { count, plural } from "@/ui/format";
import type { Estimate } from "./draft";

/** How long the run will be, in optimizer steps, and why. */
export function EstimateLine({ of }: { of: Estimate | null }) {
  if (!of) return <>The number of steps is known once the data set is.</>;
  return (
    <>
      <span className="font-medium text-ink">{plural(of.steps, "optimizer step")}</span>
      {` from ${plural(of.clips, "clip")}`}
      {of.repeats > 1 && ` × ${count(of.repeats)} repeats`}
      {of.epochs > 1 && ` × ${count(of.epochs)} epochs`}
      {of.processes > 1 && ` on ${plural(of.processes, "process").replace("processs", "processes")}`}
    </>
  );
}
