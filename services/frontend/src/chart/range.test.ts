import { expect, test } from "vitest";
import { RANGE_KEYS, settle, zoomIn } from "./range";

test("zooming keeps the pointed place where it is", () => {
  const [min, max] = zoomIn([0, 100], 0.25);
  expect((25 - min) / (max - min)).toBeCloseTo(0.25);
  expect(max - min).toBeCloseTo(80);
});

test("arrows move, 0 asks for everything", () => {
  expect(RANGE_KEYS.ArrowRight?.([0, 100])).toEqual([10, 110]);
  expect(RANGE_KEYS["0"]?.([0, 100])).toBeNull();
});

test("a range becomes whole steps, never narrower than can be seen", () => {
  expect(settle([10.4, 20.6], [0, 100], "step")).toEqual({ from: 10, to: 20 });
  expect(settle([10, 10.2], [0, 100], "step")).toEqual({ from: 10, to: 14 });
});

test("a range of time keeps its fractions", () => {
  expect(settle([1.23456, 2.5], [0, 100], "relative")).toEqual({ from: 1.235, to: 2.5 });
});

test("a range that reaches the head follows it, and one that holds the data is the data", () => {
  expect(settle([50, 120], [0, 100], "step")).toEqual({ from: 50, to: null });
  expect(settle([-5, 130], [1, 100], "step")).toEqual({ from: null, to: null });
  expect(settle([200, 300], [0, 100], "step")).toEqual({ from: 96, to: null });
});
