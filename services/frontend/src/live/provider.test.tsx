import { act, cleanup } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LiveFrame, RunDetail } from "@/api/schema";
import { renderPage } from "@/testing/page";
import { aRun } from "@/testing/run.fixture";

const opened = vi.hoisted(() => ({ socket: new EventTarget() }));
vi.mock("partysocket/ws", async () => {
  const { SilentSocket } = await import("@/testing/silent-socket");
  class KnownSocket extends SilentSocket {
    constructor() {
      super();
      opened.socket = this;
    }
  }
  return { default: KnownSocket };
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const receive = (more: Partial<LiveFrame>) =>
  act(() => {
    const frame = { type: "frame", cursor: "1", runs: [], deleted: [], refetch: [], steps: [], events: [], ...more };
    opened.socket.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
    vi.advanceTimersByTime(250);
  });

test("a frame moves what the pages hold of the run, and marks stale what it does not carry", () => {
  const { queries } = renderPage(null);
  const held: RunDetail = {
    ...aRun({ id: "a", state: "running", attempt: 1 }),
    config: { x: 1 },
    attempts: [],
    folder: "f",
  };
  queries.setQueryData(["runs"], [{ ...held, sparkline: [] }]);
  queries.setQueryData(["run", "a"], held);
  queries.setQueryData(["run", "a", "samples"], []);
  const isStale = (...key: string[]) => queries.getQueryState(key)?.isInvalidated;

  receive({ runs: [aRun({ id: "a", state: "running", attempt: 1, step: 9 })] });
  expect(queries.getQueryData<RunDetail>(["run", "a"])).toMatchObject({ step: 9, config: { x: 1 } });
  expect(queries.getQueryData(["runs"])).toMatchObject([{ step: 9 }]);
  expect(isStale("run", "a")).toBe(false);

  const sample = { id: 1, run_id: "a", attempt: 1, rank: 0, type: "sample", ts: 0, body: {} };
  receive({ events: [sample] });
  expect(isStale("run", "a", "samples")).toBe(true);
  expect(isStale("run", "a")).toBe(false);

  receive({ runs: [aRun({ id: "a", state: "stopped", attempt: 1 })] });
  expect(queries.getQueryData(["run", "a"])).toMatchObject({ state: "stopped" });
  expect(isStale("run", "a")).toBe(true);
});

test("a deleted run leaves the list at once", () => {
  const { queries } = renderPage(null);
  queries.setQueryData(["runs"], [{ ...aRun({ id: "a" }), sparkline: [] }]);
  receive({ deleted: ["a"] });
  expect(queries.getQueryData(["runs"])).toEqual([]);
});
