import type { ItemDetail, Rules } from "@/api/schema";
import { t } from "@/messages";
import { number } from "@/ui/format";
import { Alert } from "@/ui/icons";
import { measureOf } from "./rule-measure";

/** The rules with what they found of an item: those that flag it first. */
export function FlagList({ item, rules: { rules, target } }: { item: ItemDetail; rules: Rules }) {
  const rows = rules
    .filter(({ enabled }) => enabled)
    .map((rule) => ({ rule, flagged: item.flags.includes(rule.id), value: measureOf(rule.id, item, target) }))
    .filter(({ flagged, value }) => flagged || value !== null)
    .sort((one, other) => Number(other.flagged) - Number(one.flagged));
  if (rows.length === 0) return <p className="text-muted text-xs">{t("datasets.item.notMeasured")}</p>;
  return (
    <ul className="space-y-1 text-xs" aria-label={t("datasets.rules.title")}>
      {rows.map(({ rule: { id, title, meaning, threshold, unit }, flagged, value }) => (
        <li key={id} data-flag={flagged ? id : undefined} title={meaning} className="flex items-baseline gap-1.5">
          {flagged ? (
            <Alert className="size-3.5 translate-y-0.5 text-stopping" />
          ) : (
            <span aria-hidden="true" className="w-3.5 shrink-0" />
          )}
          <span className={flagged ? "shrink-0 font-medium" : "shrink-0 text-muted"}>{title}</span>
          <span className="ml-auto min-w-0 break-words text-right tabular-nums">
            {value}
            {value !== null && threshold !== null && (
              <span className="text-muted">{` / ${number(threshold, 3)} ${unit}`}</span>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
