import { expect, test } from "vitest";
import { KEYS, settle, zoomIn } from "./range";

test("zooming keeps the pointed step where it is", () => {
  const [min, max] = zoomIn([0, 100], 0.25);
  expect((25 - min) / (max - min)).toBeCloseTo(0.25);
  expect(max - min).toBeCloseTo(80);
});

test("arrows move, 0 asks for everything", () => {
  expect(KEYS.ArrowRight?.([0, 100])).toEqual([10, 110]);
  expect(KEYS["0"]?.([0, 100])).toBeNull();
});

test("a range becomes whole steps, never narrower than can be seen", () => {
  expect(settle([10.4, 20.6], 100)).toEqual({ from: 10, to: 20 });
  expect(settle([10, 10.2], 100)).toEqual({ from: 10, to: 14 });
});

test("a range that reaches the newest step follows it, and one that holds the run is the run", () => {
  expect(settle([50, 120], 100)).toEqual({ from: 50, to: null });
  expect(settle([-5, 130], 100)).toBeNull();
  expect(settle([200, 300], 100)).toEqual({ from: 96, to: null });
});
