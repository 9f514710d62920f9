import { beforeEach, expect, test, vi } from "vitest";
import { FrameQueue } from "./frame-queue";

let frames: FrameRequestCallback[] = [];
const frame = () => {
  const due = frames;
  frames = [];
  for (const call of due) call(0);
};

beforeEach(() => {
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (call: FrameRequestCallback) => frames.push(call));
  return () => vi.unstubAllGlobals();
});

test("one acts a frame, in order, and each once however often it asked", () => {
  const queue = new FrameQueue();
  const acted: string[] = [];
  const [a, b] = [() => acted.push("a"), () => acted.push("b")];
  queue.add(a);
  queue.add(b);
  queue.add(a);
  expect(acted).toEqual([]);
  frame();
  expect(acted).toEqual(["a"]);
  frame();
  frame();
  expect(acted).toEqual(["a", "b"]);
  expect(frames).toEqual([]);
});

test("one that has left has no turn, and keeps no other from it", () => {
  const queue = new FrameQueue();
  const acted: string[] = [];
  const gone = () => acted.push("gone");
  queue.add(gone);
  queue.add(() => acted.push("b"));
  queue.remove(gone);
  frame();
  frame();
  expect(acted).toEqual(["b"]);
});
