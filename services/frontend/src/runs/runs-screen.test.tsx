import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { NuqsTestingAdapter } from "nuqs/adapters/testing";
import { afterEach, expect, test, vi } from "vitest";
import type { RunListItem } from "@/api/schema";
import { answerApi, renderPage } from "@/testing/page";
import { aRun } from "@/testing/run.fixture";
import { RunsScreen } from "./runs-screen";

vi.mock("partysocket/ws", async () => ({ default: (await import("@/testing/silent-socket")).SilentSocket }));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const item = (id: string, more: Partial<RunListItem> = {}): RunListItem => ({
  ...aRun({ id, name: id, ...more }),
  sparkline: [],
  ...more,
});
const show = () =>
  renderPage(
    <NuqsTestingAdapter hasMemory>
      <RunsScreen />
    </NuqsTestingAdapter>,
  );

test("no run yet: the page teaches how to get one", async () => {
  answerApi({ "GET /api/runs": [200, []] });
  show();
  expect(await screen.findByText("make demo")).toBeTruthy();
});

test("a run shows its state in words, its progress and its loss", async () => {
  const run = item("mine", { state: "running", step: 60, total_steps: 240, last: { "train/loss": 0.26 } });
  answerApi({ "GET /api/runs": [200, [run]] });
  show();
  expect((await screen.findByTestId("run-state")).textContent).toBe("running");
  expect(screen.getByText("60 / 240")).toBeTruthy();
  expect(screen.getByText("0.2600")).toBeTruthy();
  expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("60");
});

test("a run that waits for its host says so", async () => {
  const message = "Its host was stopped. It goes on by itself when the host is back.";
  answerApi({ "GET /api/runs": [200, [item("mine", { state: "queued", code: "host_stopped", message })]] });
  show();
  expect(await screen.findByText(message)).toBeTruthy();
});

test("many runs can be filtered by name and state", async () => {
  const runs = ["a", "b", "c", "d", "e", "f"].map((id) => item(`run ${id}`));
  answerApi({ "GET /api/runs": [200, [...runs, item("other", { state: "failed" })]] });
  show();
  fireEvent.change(await screen.findByLabelText("Filter runs"), { target: { value: "failed" } });
  await waitFor(() => expect(screen.getAllByTestId("run-row")).toHaveLength(1));
  expect(screen.getByText("other")).toBeTruthy();
});

test("runs that are ticked can be compared", async () => {
  answerApi({ "GET /api/runs": [200, ["a", "b", "c"].map((id) => item(id))] });
  show();
  fireEvent.click(await screen.findByLabelText("Choose a to compare"));
  expect(screen.getByText("Tick another to compare them.")).toBeTruthy();
  fireEvent.click(screen.getByLabelText("Choose c to compare"));
  expect(screen.getByRole("link", { name: "Compare" }).getAttribute("href")).toContain("?run=a&run=c");
  fireEvent.click(screen.getByRole("button", { name: "Clear" }));
  expect(screen.queryByRole("link", { name: "Compare" })).toBeNull();
});

test("a backend that answers with an error is told with what to do", async () => {
  answerApi({ "GET /api/runs": [500, { code: "database", message: "The database is locked.", hint: "Try again." }] });
  show();
  expect((await screen.findByRole("alert")).textContent).toContain("Try again.");
});
