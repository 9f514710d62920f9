import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { DatasetDetail } from "@/api/schema";
import { answerApi, renderPage } from "@/testing/page";
import { ScanPanel } from "./scan-panel";

vi.mock("partysocket/ws", async () => ({ default: (await import("@/testing/silent-socket")).SilentSocket }));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const SCANNED: DatasetDetail = {
  id: 7,
  name: "trams",
  base_path: "/data/trams",
  metadata_path: "/data/trams/list.csv",
  rows: 12,
  created_at: 0,
  state: "ready",
  importing: null,
  problem: null,
  videos: 12,
  images: 0,
  quarantined: 0,
  used: 12,
  faults: 0,
  notes: [],
  unscanned: 0,
  outdated: 0,
  scan: {
    state: "succeeded",
    task_id: "scan-1",
    phase: "",
    done: 0,
    total: null,
    left_s: null,
    code: "",
    message: "",
    hint: "",
  },
  tokenizer: null,
  done: [],
  undone: [],
};

test("files of an earlier version's scan can be scanned again, and nothing asks for it once they are", async () => {
  const calls = answerApi({ "POST /api/datasets/7/scan": [202, SCANNED] });
  renderPage(<ScanPanel dataset={{ ...SCANNED, outdated: 12 }} />);
  expect(await screen.findByText(/12 files were scanned by an earlier version/)).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Scan again" }));
  await waitFor(() => expect(calls.some(({ method }) => method === "POST")).toBe(true));
  cleanup();
  renderPage(<ScanPanel dataset={SCANNED} />);
  expect(screen.queryByText(/earlier version/)).toBeNull();
});
