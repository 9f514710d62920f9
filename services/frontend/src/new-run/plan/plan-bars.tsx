import type { PlanCache, PlanDisk, PlanMemory } from "@/api/schema";
import { t } from "@/messages";
import { bytes } from "@/ui/format";
import { bytesText } from "./plan-text";

/** What the run writes against what is free. */
export function DiskBar({ disk }: { disk: PlanDisk }) {
  return (
    <div className="space-y-1.5">
      <Bar
        label={t("newRun.plan.disk")}
        text={bytesText(disk.total)}
        range={disk.total}
        limit={disk.free_bytes}
        limitText={(limit) => t("newRun.plan.ofFree", { limit })}
      />
      <ul className="space-y-0.5 text-muted text-xs tabular-nums">
        {disk.parts.map(({ what, amount }) => (
          <li key={what} className="flex justify-between gap-3">
            <span>{t(`newRun.plan.parts.${what}`)}</span>
            <span className="text-right">{bytesText(amount)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What of the data set is encoded already, and how large the cache of all runs is. */
export function CacheText({ cache }: { cache: PlanCache }) {
  return (
    <div className="space-y-0.5 text-muted text-xs tabular-nums" data-testid="plan-cache">
      <p>{cache.state === "counted" ? cache.text : t(`newRun.plan.cacheState.${cache.state}`)}</p>
      {cache.size_bytes !== null && cache.size_bytes > 0 && (
        <p>{t("newRun.plan.cacheSize", { size: bytes(cache.size_bytes) })}</p>
      )}
    </div>
  );
}

/** What a step needs of one card, with all blocks recomputed and with none, against what the card has. */
export function MemoryBar({ memory }: { memory: PlanMemory }) {
  const range = { low: memory.least_bytes, high: memory.needed_bytes };
  const recomputes =
    memory.card_bytes !== null && memory.needed_bytes > memory.card_bytes && memory.least_bytes <= memory.card_bytes;
  return (
    <div className="space-y-1.5">
      <Bar
        label={memory.card ? t("newRun.plan.memoryOfEach") : t("newRun.plan.memory")}
        text={bytesText(range)}
        range={range}
        limit={memory.card_bytes}
        limitText={(limit) =>
          memory.cards > 1
            ? t("newRun.plan.ofCards", { limit, cards: String(memory.cards), card: memory.card ?? "" })
            : t("newRun.plan.ofCard", { limit, card: memory.card ?? "" })
        }
      />
      {memory.measured_bytes !== null && (
        <p className="text-muted text-xs">{t("newRun.plan.measured", { memory: bytes(memory.measured_bytes) })}</p>
      )}
      {recomputes && <p className="text-muted text-xs">{t("newRun.plan.recomputes")}</p>}
    </div>
  );
}

interface BarProps {
  label: string;
  text: string;
  range: { low: number; high: number };
  limit: number | null;
  /** The limit, as text, with what it is of. */
  limitText: (limit: string) => string;
}

function Bar({ label, text, range, limit, limitText }: BarProps) {
  const width = (value: number) => `${Math.min(100, limit ? (value / limit) * 100 : 0)}%`;
  const colour =
    limit !== null && range.low > limit
      ? "bg-failed"
      : limit !== null && range.high > limit
        ? "bg-stopping"
        : "bg-accent";
  return (
    <div className="space-y-1">
      <div className="flex flex-wrap items-baseline justify-between gap-x-3 text-xs">
        <span className="font-medium">{label}</span>
        <span className="tabular-nums">{text}</span>
      </div>
      {limit !== null && (
        <>
          <div aria-hidden="true" className="relative h-1.5 overflow-hidden rounded-full bg-sunken">
            <div className={`absolute inset-y-0 left-0 opacity-40 ${colour}`} style={{ width: width(range.high) }} />
            <div className={`absolute inset-y-0 left-0 ${colour}`} style={{ width: width(range.low) }} />
          </div>
          <p className="text-muted text-xs tabular-nums">{limitText(bytes(limit))}</p>
        </>
      )}
    </div>
  );
}
