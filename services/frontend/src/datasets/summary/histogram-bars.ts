import { t } from "@/messages";
export interface Bar {
  /** What the bar holds, as text: "1280x720", "33 to 48". */
  label: string;
  /** What stands below it where it is the first or the last one. */
  ends: readonly [first: string, last: string];
  count: number;
}

/** The bars between neighbouring edges; whole numbers end one before the next edge, others at it. */
export function barsOf(edges: readonly number[], counts: readonly number[]): Bar[] {
  const whole = edges.every(Number.isInteger);
  return counts.map((count, i) => {
    const [from, to] = [edges[i] ?? 0, edges[i + 1] ?? edges[i] ?? 0];
    const last = whole && i < counts.length - 1 ? to - 1 : to;
    return {
      label: last <= from ? text(from) : t("format.range", { first: text(from), last: text(last) }),
      ends: [text(from), text(last)],
      count,
    };
  });
}

const text = (value: number) => value.toLocaleString("en", { maximumSignificantDigits: 4 });

/** Heights from 0 to 1. A bar that holds anything is seen, however small its share. */
export function heights(bars: readonly Bar[], least = 0.04): number[] {
  const most = Math.max(1, ...bars.map(({ count }) => count));
  return bars.map(({ count }) => (count === 0 ? 0 : Math.max(least, count / most)));
}
