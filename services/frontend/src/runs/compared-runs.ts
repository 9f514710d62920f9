import { RUN_COLOURS } from "@/chart/colours";

/**
 * The runs that are compared, as the address holds them: a run's slot is its colour. One that is removed leaves its slot
 * free, so that the others keep theirs, here and for whom the address is sent to.
 */
export type Slots = readonly string[];

const FREE = "";

export const MOST_RUNS = RUN_COLOURS;

/** The runs with their slots, each once. */
export const runsInSlots = (slots: Slots): { id: string; slot: number }[] =>
  slots
    .map((id, slot) => ({ id, slot }))
    .filter(({ id, slot }) => id !== FREE && slots.indexOf(id) === slot)
    .slice(0, MOST_RUNS);

export function addRun(slots: Slots, id: string): Slots {
  if (slots.includes(id)) return slots;
  const free = slots.indexOf(FREE);
  return free < 0 ? [...slots, id] : slots.with(free, id);
}

export function removeRun(slots: Slots, id: string): Slots {
  const left = slots.map((held) => (held === id ? FREE : held));
  return left.slice(0, left.findLastIndex((held) => held !== FREE) + 1);
}

export const compareHref = (ids: readonly string[]) =>
  `/compare/?${new URLSearchParams(ids.map((id) => ["run", id])).toString()}`;
