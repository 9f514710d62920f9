import { expect, test } from "vitest";
import { bytesText, costText, leftOutText, positive, stepText, timeText } from "./plan-text";

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

test("rows that are left out are said with why", () => {
  expect(leftOutText([{ why: "no_caption", rows: 1 }])).toBe("1 row left out: without a caption");
  const several = [
    { why: "quarantined", rows: 1200 },
    { why: "too_short", rows: 3 },
  ] as const;
  expect(leftOutText(several)).toBe("1,203 rows left out: 1,200 in quarantine, 3 too short");
});

test("only positive numbers count as typed", () => {
  expect(positive(" 5.5 ")).toBe(5.5);
  expect(["", "x", "-1", "0"].map(positive)).toEqual([null, null, null, null]);
});
