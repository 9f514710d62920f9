import { expect, test } from "vitest";
import { middle, placeText, spanText, stepTick } from "./x-axis";

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

test("ticks are short where that tells them apart, and whole where it would not", () => {
  expect([0, 50_000, 100_000].map((tick) => stepTick(tick, 50_000))).toEqual(["0", "50,000", "100K"]);
  expect([1_500_000, 2_000_000].map((tick) => stepTick(tick, 500_000))).toEqual(["1.5M", "2M"]);
  expect([4_250_000, 4_500_000].map((tick) => stepTick(tick, 250_000))).toEqual(["4.25M", "4.5M"]);
  expect([4_522_780, 4_522_785].map((tick) => stepTick(tick, 5))).toEqual(["4,522,780", "4,522,785"]);
  expect([120_500, 4.5].map((tick) => stepTick(tick, 500))).toEqual(["120,500", ""]);
});
