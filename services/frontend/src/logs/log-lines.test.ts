import { expect, test } from "vitest";
import { appendLines, KEPT_LINES, linesOf } from "./log-lines";

test("lines lose their terminal colours", () => {
  expect(linesOf("\x1b[31merror\x1b[0m\nok\n")).toEqual(["error", "ok"]);
});

test("of a progress bar that overwrote itself the last state is shown", () => {
  expect(linesOf("  10%\r  50%\r 100%\ndone\n")).toEqual([" 100%", "done"]);
  expect(linesOf("  10%\r  50%\r")).toEqual(["  50%"]);
});

test("nothing printed is no line, an empty line is one", () => {
  expect(linesOf("")).toEqual([]);
  expect(linesOf("a\n\nb\n")).toEqual(["a", "", "b"]);
});

test("only the end is kept", () => {
  const held = appendLines([], `${Array.from({ length: KEPT_LINES + 5 }, (_, i) => i).join("\n")}\n`);
  expect(held).toHaveLength(KEPT_LINES);
  expect(appendLines(held, "new\n").at(-1)).toBe("new");
});
