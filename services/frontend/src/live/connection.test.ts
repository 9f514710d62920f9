// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LiveFrame } from "@/api/schema";
import { aRun } from "@/testing/run.fixture";

class FakeSocket extends EventTarget {
  static opened: FakeSocket[] = [];
  reconnects = 0;
  asked: string;
  constructor(readonly url: () => string) {
    super();
    this.asked = url();
    FakeSocket.opened.push(this);
  }
  close() {}
  reconnect() {
    this.reconnects++;
    this.asked = this.url();
  }
  receive(message: unknown) {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }
}

vi.mock("partysocket/ws", () => ({ default: FakeSocket }));
const { LiveConnection } = await import("./connection");

const frame = (cursor: string, more: Partial<LiveFrame> = {}): LiveFrame => ({
  type: "frame",
  cursor,
  runs: [],
  deleted: [],
  refetch: [],
  steps: [],
  events: [],
  ...more,
});

const steps = (step: number[]) => [
  { run_id: "a", attempt: 1, kind: "step" as const, step, ts: step, values: { "train/loss": step }, nonfinite: {} },
];

const connect = () => {
  const listener = { onFrames: vi.fn(), onHello: vi.fn(), onLost: vi.fn() };
  const live = new LiveConnection((query) => `ws://x/?${query}`, listener);
  live.open();
  return { live, listener, socket: FakeSocket.opened.at(-1) as FakeSocket };
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a run watched before the page connects is asked for at once; one watched later needs a new connection", async () => {
  const { live, socket } = connect();
  expect(socket.asked).toBe("ws://x/?");
  socket.receive({ type: "hello", cursor: "7", reset: false });
  live.watch("a");
  await vi.waitFor(() => expect(socket.reconnects).toBe(1));
  expect(socket.asked).toBe("ws://x/?since=7&run=a");
  expect(live.coverage("a")).toBe(0);
  socket.receive({ type: "hello", cursor: "9", reset: false });
  expect(live.coverage("a")).toBeGreaterThan(0);
});

test("a burst of frames tells the listener once, and the next connection asks for what comes after it", () => {
  const { live, listener, socket } = connect();
  live.watch("a");
  socket.reconnect();
  socket.receive({ type: "hello", cursor: "1", reset: false });
  socket.receive(frame("2", { steps: steps([1, 2]) }));
  socket.receive(frame("3", { steps: steps([3]) }));
  vi.advanceTimersByTime(20);
  expect(listener.onFrames).toHaveBeenCalledOnce();
  socket.receive(frame("4"));
  vi.advanceTimersByTime(50);
  expect(listener.onFrames).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(180);
  expect(listener.onFrames).toHaveBeenCalledTimes(2);
  expect(live.store("a")?.get("step")?.step).toEqual([1, 2, 3]);
  expect(socket.url()).toBe("ws://x/?since=4&run=a");
});

test("a run that went on too far for frames begins a new stretch", () => {
  const { live, socket } = connect();
  live.watch("a");
  socket.reconnect();
  socket.receive({ type: "hello", cursor: "1", reset: false });
  socket.receive(frame("2", { steps: steps([1]) }));
  const before = live.coverage("a");
  socket.receive(frame("3", { refetch: ["a", "not watched"], steps: steps([900]) }));
  expect(live.coverage("a")).toBeGreaterThan(before);
  expect(live.store("a")?.get("step")?.step).toEqual([900]);
});

test("a reconnection keeps the stretch; a reset begins a new one with nothing in it", () => {
  const { live, listener, socket } = connect();
  live.watch("a");
  socket.reconnect();
  socket.receive({ type: "hello", cursor: "1", reset: false });
  socket.receive(frame("2", { steps: steps([1]) }));
  const before = live.coverage("a");
  socket.dispatchEvent(new Event("close"));
  expect(live.getStatus()).toBe("lost");
  expect(listener.onLost).toHaveBeenCalledOnce();
  socket.receive({ type: "hello", cursor: "2", reset: false });
  expect([live.coverage("a"), live.store("a")?.arrived]).toEqual([before, 1]);
  socket.receive({ type: "hello", cursor: "x1", reset: true });
  expect(live.coverage("a")).toBeGreaterThan(before);
  expect(live.store("a")?.arrived).toBe(0);
  expect(socket.url()).toBe("ws://x/?since=x1&run=a");
  expect(listener.onHello.mock.calls).toEqual([[false], [false], [true]]);
});

test("an answer that was asked for before a frame came does not undo the frame", () => {
  const { live, socket } = connect();
  socket.receive({ type: "hello", cursor: "1", reset: false });
  const askedAt = performance.now();
  vi.advanceTimersByTime(5);
  socket.receive(frame("2", { runs: [aRun({ id: "a", state: "stopped" })], deleted: ["b"] }));
  expect(live.freshest(aRun({ id: "a", state: "running" }), askedAt).state).toBe("stopped");
  expect(live.freshest(aRun({ id: "a", state: "queued" }), performance.now() + 1).state).toBe("queued");
  expect(live.deletedSince("b", askedAt)).toBe(true);
});
