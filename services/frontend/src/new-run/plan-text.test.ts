import { expect, test } from "vitest";
import { bytesText, costText, positive, stepText, timeText } from "./plan-text";

test("times are said in the unit that fits them", () => {
  expect(timeText({ low: 21_272_500, high: 21_272_500 })).toBe("246 days");
  expect(timeText({ low: 10_800, high: 18_000 })).toBe("3 to 5 hours");
  expect(timeText({ low: 1, high: 90 })).toBe("1 to 90 seconds");
  expect(timeText({ low: 0, high: 0 })).toBe("0 seconds");
  expect(timeText({ low: 10, high: 186 })).toBe("10 seconds to 3.1 minutes");
});

test("sizes share their unit where they can", () => {
  expect(bytesText({ low: 2e9, high: 3e9 })).toBe("2 to 3 GB");
  expect(bytesText({ low: 2e8, high: 3e9 })).toBe("200 MB to 3 GB");
  expect(bytesText({ low: 2e9, high: 2e9 })).toBe("2 GB");
});

test("a step's time, and money", () => {
  expect(stepText({ low: 5, high: 5 })).toBe("5 s");
  expect(stepText({ low: 0.264, high: 0.31 })).toBe("0.26 to 0.31 s");
  expect(costText({ low: 1234.4, high: 2000 })).toBe("1,234 to 2,000");
});

test("only positive numbers count as typed", () => {
  expect(positive(" 5.5 ")).toBe(5.5);
  expect(["", "x", "-1", "0"].map(positive)).toEqual([null, null, null, null]);
});
