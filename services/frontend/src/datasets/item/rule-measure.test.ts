import { expect, test } from "vitest";
import type { ItemDetail } from "@/api/schema";
import { measureOf } from "./rule-measure";

const TARGET = { height: 704, width: 1280 };
const ITEM: ItemDetail = {
  id: 1,
  file: "a.mp4",
  caption: "a dog",
  is_image: false,
  width: 640,
  height: 360,
  frames: 33,
  fps: 24,
  duration_s: 1.375,
  tokens: 600,
  flags: [],
  quarantined: false,
  reason: "",
  split: null,
  edited: false,
  thumbnail: null,
  media: "",
  line: 2,
  path: "/data/a.mp4",
  size_bytes: 1,
  source_caption: "a dog",
  damage: "",
  damage_message: "",
  container: "mp4",
  codec: "h264",
  rotation: 0,
  conversions: ["hdr", "non_square"],
  colour: "hlg bt2020",
  pixel_aspect: 0.5,
  is_interlaced: false,
  is_steady: true,
  has_alpha: false,
  is_mirrored: false,
  motion: 0.25,
  cut: null,
  sharpness: 51.234,
  brightness: 100,
  dark: 0,
  burnt: 0.1,
  bars: 0,
  scripts: { Han: 3, Latin: 40 },
  cropped: 0.0222,
  duplicates: [],
  alike: null,
};

test.each([
  ["too_few_frames", "33"],
  ["small", "2"],
  ["cropped", "0.0222"],
  ["still", "0.25"],
  ["blurred", "51.2"],
  ["dark", "0"],
  ["caption_long", "600"],
  ["caption_mixed", "Latin, Han: 0.0698"],
  ["cut", null],
  ["unreadable", null],
  ["hdr", "HLG BT.2020"],
  ["low_frame_rate", "24"],
  ["anamorphic", "2"],
  ["interlaced", null],
  ["duplicate", null],
] as const)("what %s is judged by", (rule, text) => {
  expect(measureOf(rule, ITEM, TARGET)).toBe(text);
});

test("what no scan has told has no measure", () => {
  const untold = { ...ITEM, conversions: null, colour: null, pixel_aspect: null };
  for (const rule of ["hdr", "anamorphic"] as const) expect(measureOf(rule, untold, TARGET)).toBeNull();
  expect(measureOf("hdr", { ...ITEM, conversions: ["wide_gamut"], colour: "p3" }, TARGET)).toBeNull();
});

test("an image has no frames to count, and a damage speaks for itself", () => {
  expect(measureOf("too_few_frames", { ...ITEM, is_image: true }, TARGET)).toBeNull();
  expect(measureOf("unreadable", { ...ITEM, damage: "truncated", damage_message: "Its end is missing." }, TARGET)).toBe(
    "Its end is missing.",
  );
  expect(measureOf("duplicate", { ...ITEM, duplicates: [4, 5] }, TARGET)).toBe("2 other rows of its content");
});
