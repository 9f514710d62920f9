import type { RunDetail, RunListItem, RunRead } from "@/api/schema";

const SPARKLINE_POINTS = 60;

/** A run as a list or a page holds it, with the newer summary laid over what only it has (sparkline, config, attempts). */
export function overlay<R extends RunRead>(held: R, newer: RunRead): R {
  return { ...held, ...newer };
}

/** The list with newer summaries in it: known runs in place, new ones by their age, deleted ones gone. */
export function mergeList(
  list: readonly RunListItem[],
  newer: readonly RunRead[],
  deleted: readonly string[],
): RunListItem[] {
  const byId = new Map(newer.map((run) => [run.id, run]));
  const kept = list
    .filter((item) => !deleted.includes(item.id))
    .map((item) => {
      const run = byId.get(item.id);
      byId.delete(item.id);
      return run ? { ...overlay(item, run), sparkline: extend(item, run) } : item;
    });
  const added = [...byId.values()].filter((run) => !deleted.includes(run.id)).map((run) => ({ ...run, sparkline: [] }));
  if (added.length === 0) return kept;
  return [...added, ...kept].sort((a, b) => b.created_at - a.created_at);
}

/** A young sparkline grows by the newest loss; a full one waits for the next fetch, whose means are right. */
function extend(item: RunListItem, newer: RunRead): number[] {
  const loss = newer.last["train/loss"];
  if (loss === undefined || newer.step <= item.step || item.sparkline.length >= SPARKLINE_POINTS) return item.sparkline;
  return [...item.sparkline, loss];
}

/** Whether the page's further facts of the run (its attempts, samples, checkpoints) may have changed with this summary. */
export function changesDetail(held: RunDetail | undefined, newer: RunRead): boolean {
  return held !== undefined && (held.attempt !== newer.attempt || held.state !== newer.state);
}
