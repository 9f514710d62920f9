import { expect, test } from "vitest";
import { cropOf, sizeOf, sizeText } from "./crop";

const HD = { height: 720, width: 1280 };

test("1280x720 loses a little in height at 704x1280, and nothing in width", () => {
  const { side, edge, lost, enlarged } = cropOf(HD, { height: 704, width: 1280 });
  expect(side).toBeCloseTo(0);
  expect(edge * 2).toBeCloseTo(16 / 720);
  expect(lost).toBeCloseTo(16 / 720);
  expect(enlarged).toBe(false);
});

test("1280x720 loses a little in width at 480x832", () => {
  const { side, edge, lost } = cropOf(HD, { height: 480, width: 832 });
  expect(edge).toBeCloseTo(0);
  expect(side * 2).toBeCloseTo(1 - 832 / (1280 / 1.5));
  expect(lost).toBeCloseTo(side * 2);
});

test("a standing picture loses most of itself at a lying target, and a small one is enlarged", () => {
  const { lost, enlarged } = cropOf({ height: 640, width: 360 }, { height: 704, width: 1280 });
  expect(lost).toBeCloseTo(1 - 360 / 640 / (1280 / 704));
  expect(enlarged).toBe(true);
});

test("a size is read as height x width, and nothing else is a size", () => {
  expect(sizeOf(" 704 x 1280 ")).toEqual({ height: 704, width: 1280 });
  expect(sizeOf("480×832")).toEqual({ height: 480, width: 832 });
  for (const text of ["", "704", "0x10", "axb", "704x1280x49", "-4x10"]) expect(sizeOf(text)).toBeNull();
  expect(sizeText({ height: 704, width: 1280 })).toBe("704x1280");
});
