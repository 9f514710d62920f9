/** The metrics that every run has and everyone looks at, in their order. */
export const MAIN = "train/loss";
export const KEY_METRICS: readonly string[] = ["eval/loss", "train/lr", "train/grad_norm", "perf/step_time_s"];

/** What is drawn into the chart of a metric as well, for it is read against it: overfitting is where the two part. */
const BESIDE: Readonly<Record<string, string>> = { "eval/loss": "eval/train_loss" };

/** The metric that belongs into the chart of `metric`, if there is one among `keys`. */
export function besideOf(metric: string, keys: readonly string[]): string | undefined {
  const beside = BESIDE[metric];
  return beside !== undefined && keys.includes(beside) ? beside : undefined;
}

/** All further metrics by the part before the slash, both sorted; those without a slash are `other`. */
export function groupMetrics(keys: readonly string[]): [group: string, keys: string[]][] {
  const groups = new Map<string, string[]>();
  for (const key of [...keys].sort()) {
    if (key === MAIN || KEY_METRICS.includes(key)) continue;
    const slash = key.indexOf("/");
    const group = slash > 0 ? key.slice(0, slash) : "other";
    const held = groups.get(group);
    if (held) held.push(key);
    else groups.set(group, [key]);
  }
  return [...groups].sort(([a], [b]) => a.localeCompare(b));
}

/** The names that hold each word of the filter, in any order and case. */
export function filterMetrics(keys: readonly string[], filter: string): string[] {
  const words = filter.toLowerCase().split(/\s+/);
  return keys.filter((key) => words.every((word) => key.toLowerCase().includes(word)));
}

/** Whether smoothing helps to read the metric: schedules, evaluations and gauges are exact as they are. */
export const isNoisy = (key: string) => key !== "train/lr" && !key.startsWith("eval/") && !key.startsWith("system/");
