import Link from "next/link";
import { t } from "@/messages";
import { Button, buttonClass } from "@/ui/button";
import { compareHref, MOST_RUNS } from "./compared-runs";

/** What can be done with the runs that are ticked; nothing while none is. */
export function CompareBar({ chosen, onClear }: { chosen: readonly string[]; onClear: () => void }) {
  if (chosen.length === 0) return null;
  const hint =
    chosen.length === 1
      ? t("runs.compare.another")
      : chosen.length > MOST_RUNS
        ? t("runs.compare.most", { most: MOST_RUNS })
        : "";
  return (
    <div className="sticky bottom-4 z-20 mx-auto flex w-fit max-w-full flex-wrap items-center gap-x-3 gap-y-1 rounded-lg border border-edge bg-raised py-1.5 pr-1.5 pl-3.5 shadow-lg">
      <p role="status" className="tabular-nums">
        {t("runs.compare.ticked", { runs: chosen.length })}
        {hint && <span className="text-muted"> {hint}</span>}
      </p>
      <Button tone="bare" onClick={onClear}>
        {t("common.clear")}
      </Button>
      {hint === "" && (
        <Link href={compareHref(chosen)} className={buttonClass("primary")}>
          {t("runs.compare.do")}
        </Link>
      )}
    </div>
  );
}
