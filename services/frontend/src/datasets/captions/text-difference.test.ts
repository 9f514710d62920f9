import { expect, test } from "vitest";
import { difference, near } from "./text-difference";

test("what differs is between what both begin and end with", () => {
  expect(difference("a red tram", "a green tram")).toEqual({
    start: "a ",
    before: "red",
    after: "green",
    end: " tram",
  });
  expect(difference("a dog", "sks, a dog")).toEqual({ start: "", before: "", after: "sks, ", end: "a dog" });
  expect(difference("aaa", "aa")).toEqual({ start: "aa", before: "a", after: "", end: "" });
  expect(difference("same", "same").before).toBe("");
});

test("a long text is cut on the side that is far away", () => {
  expect(near("abcdef", "end", 3)).toBe("... def");
  expect(near("abcdef", "start", 3)).toBe("abc ...");
  expect(near("abc", "start", 3)).toBe("abc");
});
