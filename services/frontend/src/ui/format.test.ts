import { expect, test } from "vitest";
import { ago, bytes, duration, measured, number, percent, stepTime } from "./format";

test.each([
  [0.043123, "0.04312"],
  [0, "0"],
  [1e-4, "1e-4"],
  [0.000012345, "1.234e-5"],
  [12345.678, "12,346"],
  [-0.5, "-0.5"],
  [3e9, "3e9"],
  [null, "–"],
  [Number.NaN, "–"],
])("number %s is %s", (value, text) => expect(number(value)).toBe(text));

test.each([
  [0.4, "0 s"],
  [59.6, "1 min"],
  [200, "3 min 20 s"],
  [4_320, "1 h 12 min"],
  [90_000, "1 d 1 h"],
  [86_400 * 246, "246 d"],
  [null, "–"],
])("duration %s is %s", (seconds, text) => expect(duration(seconds)).toBe(text));

test("a step's time has a fitting unit", () => {
  expect([0.00035, 0.084, 1.353, 12.41, 900].map(stepTime)).toEqual(["0.35 ms", "84 ms", "1.35 s", "12.4 s", "15 min"]);
});

test("ages are in one unit", () => {
  expect([5, 42, 150, 7_300, 200_000].map((age) => ago(1_000_000 - age, 1_000_000))).toEqual([
    "just now",
    "42 s ago",
    "2 min ago",
    "2 h ago",
    "2 d ago",
  ]);
});

test("a moving value keeps its width", () => {
  expect([0.26, 1.5, 0.00001, 12345].map(measured)).toEqual(["0.2600", "1.500", "1e-5", "12,345"]);
});

test("percents never say that all is done before it is", () => {
  expect([percent(37, 4000), percent(3999, 4000), percent(4000, 4000), percent(0, 10)]).toEqual([
    "0.9%",
    "99%",
    "100%",
    "0%",
  ]);
});

test("bytes", () => {
  expect([512, 12_345_678, 2.5e9].map(bytes)).toEqual(["512 B", "12.3 MB", "2.5 GB"]);
});
