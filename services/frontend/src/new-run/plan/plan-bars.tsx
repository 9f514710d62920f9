import type { PlanDisk, PlanMemory } from "@/api/schema";
import { bytes } from "@/ui/format";
import { bytesText, PART_NAMES } from "./plan-text";

/** What the run writes against what is free. */
export function DiskBar({ disk }: { disk: PlanDisk }) {
  return (
    <div className="space-y-1.5">
      <Bar label="Disk" text={bytesText(disk.total)} range={disk.total} limit={disk.free_bytes} limitText="free" />
      <ul className="space-y-0.5 text-muted text-xs tabular-nums">
        {disk.parts.map(({ what, amount }) => (
          <li key={what} className="flex justify-between gap-3">
            <span>{PART_NAMES[what]}</span>
            <span className="text-right">{bytesText(amount)}</span>
          </li>
        ))}
      </ul>
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
        label={memory.card ? "Memory of each GPU" : "Memory"}
        text={bytesText(range)}
        range={range}
        limit={memory.card_bytes}
        limitText={memory.cards > 1 ? `on ${memory.cards} × ${memory.card}` : `on ${memory.card}`}
      />
      {memory.measured_bytes !== null && (
        <p className="text-muted text-xs">The trial took {bytes(memory.measured_bytes)}.</p>
      )}
      {recomputes && <p className="text-muted text-xs">Blocks are recomputed until it fits: steps take longer so.</p>}
    </div>
  );
}

interface BarProps {
  label: string;
  text: string;
  range: { low: number; high: number };
  limit: number | null;
  limitText: string;
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
          <p className="text-muted text-xs tabular-nums">
            of {bytes(limit)} {limitText}
          </p>
        </>
      )}
    </div>
  );
}
