import { expect, test } from "vitest";
import { middle, placeText, spanText } from "./x-axis";

test("a place is told in the axis' own words", () => {
  expect(placeText("step", 1204)).toBe("step 1,204");
  expect(placeText("relative", 3_780)).toBe("1 h 3 min");
  expect(placeText("relative", 1.25)).toBe("1.25 s");
  expect(placeText("wall", 1_700_000_000)).toMatch(/Nov, \d\d:\d\d:\d\d/);
});

test("a bucket of steps is told from its first to its last, which may not be full", () => {
  expect(spanText("step", { bucket: 10, lastX: 99 }, 20)).toBe("steps 20–29");
  expect(spanText("step", { bucket: 10, lastX: 24 }, 20)).toBe("steps 20–24");
  expect(spanText("step", { bucket: null, lastX: 24 }, 20)).toBe("step 20");
});

test("the mean of ten steps lies in their middle", () => {
  expect([middle("step", 10), middle("wall", 10), middle("step", null)]).toEqual([4.5, 5, 0]);
});
