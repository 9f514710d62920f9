import { RUN_COLOURS } from "@/chart/colours";

/**
 * The runs that are compared, as the address holds them: a run's place is its colour. One that is removed leaves its place
 * free, so that the others keep theirs, here and for whom the address is sent to.
 */
export type Places = readonly string[];

const FREE = "";

export const MOST_RUNS = RUN_COLOURS;

/** The runs with their places, each once. */
export const placed = (places: Places): { id: string; place: number }[] =>
  places
    .map((id, place) => ({ id, place }))
    .filter(({ id, place }) => id !== FREE && places.indexOf(id) === place)
    .slice(0, MOST_RUNS);

export function addRun(places: Places, id: string): Places {
  if (places.includes(id)) return places;
  const free = places.indexOf(FREE);
  return free < 0 ? [...places, id] : places.with(free, id);
}

export function removeRun(places: Places, id: string): Places {
  const left = places.map((held) => (held === id ? FREE : held));
  return left.slice(0, left.findLastIndex((held) => held !== FREE) + 1);
}

export const compareHref = (ids: readonly string[]) =>
  `/compare/?${new URLSearchParams(ids.map((id) => ["run", id])).toString()}`;
