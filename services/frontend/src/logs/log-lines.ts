/** The lines that a log holds on to: a run prints for days, a page shows its end. */
export const KEPT_LINES = 5_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours begin with one
const TERMINAL_CODES = /\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07/g;

/** Printed text as a terminal would show it: colours gone, and of a line that was overwritten in place its last state. */
export function linesOf(text: string): string[] {
  if (text === "") return [];
  const lines = text.replace(TERMINAL_CODES, "").split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => line.slice(line.lastIndexOf("\r", line.length - 2) + 1).replace(/\r$/, ""));
}

/** `held` with what was printed since, at most KEPT_LINES. */
export function appendLines(held: readonly string[], text: string): string[] {
  return [...held, ...linesOf(text)].slice(-KEPT_LINES);
}
