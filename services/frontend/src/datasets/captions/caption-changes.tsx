import type { CaptionsChanged } from "@/api/schema";
import { t } from "@/messages";
import { difference, near } from "./text-difference";

/** How many captions would change, and some of them. */
export function CaptionChanges({ of: { changed, examples } }: { of: CaptionsChanged }) {
  if (changed === 0) return <p className="text-muted">{t("datasets.captions.noChange")}</p>;
  return (
    <div className="space-y-1.5">
      <p data-testid="would-change">
        {examples.length < changed
          ? t("datasets.captions.wouldChangeSome", { changed, examples: examples.length })
          : t("datasets.captions.wouldChange", { changed })}
      </p>
      <ul className="max-h-64 divide-y divide-line overflow-y-auto rounded-md border border-line text-xs leading-5">
        {examples.map(({ id, before, after }) => {
          const parts = difference(before, after);
          return (
            <li key={id} className="break-words px-3 py-1.5">
              {near(parts.start, "end")}
              {parts.before && (
                <del className="bg-failed/15 decoration-failed/60">{near(parts.before, "start", 200)}</del>
              )}
              {parts.after && <ins className="bg-succeeded/20 no-underline">{near(parts.after, "start", 200)}</ins>}
              {near(parts.end, "start")}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
