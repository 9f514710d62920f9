/** A text before and after a change as what both begin with, what differs, and what both end with. */
export interface Difference {
  start: string;
  before: string;
  after: string;
  end: string;
}

export function difference(before: string, after: string): Difference {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start++;
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return {
    start: before.slice(0, start),
    before: before.slice(start, before.length - end),
    after: after.slice(start, after.length - end),
    end: before.slice(before.length - end),
  };
}

/** The last or first characters of a long text, with dots where it was cut. */
export function near(text: string, from: "start" | "end", most = 60): string {
  if (text.length <= most) return text;
  return from === "end" ? `... ${text.slice(-most)}` : `${text.slice(0, most)} ...`;
}
