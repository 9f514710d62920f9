import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { RunDetail } from "@/api/schema";
import { answerApi, renderPage } from "@/testing/page";
import { aRun } from "@/testing/run.fixture";
import { Actions } from "./actions";

const push = vi.fn();
vi.mock("partysocket/ws", async () => ({ default: (await import("@/testing/silent-socket")).SilentSocket }));
vi.mock("next/navigation", () => ({ useRouter: () => ({ push }) }));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  push.mockClear();
});

const detail = (more: Partial<RunDetail>): RunDetail => ({
  ...aRun(more),
  config: {},
  attempts: [],
  folder: "",
  ...more,
});
const button = (name: string) => screen.getByRole<HTMLButtonElement>("button", { name });

test("Stop asks once, and is at it until the API has answered", async () => {
  const calls = answerApi({ "POST /api/runs/a/stop": new Promise<never>(() => {}) });
  renderPage(<Actions run={detail({ id: "a", state: "running", attempt: 1 })} />);
  fireEvent.click(button("Stop"));
  await waitFor(() => expect(button("Stop").disabled).toBe(true));
  fireEvent.click(button("Stop"));
  expect(calls.filter(({ method }) => method === "POST")).toHaveLength(1);
});

test("a run that is stopping shows so, and takes no click", () => {
  renderPage(<Actions run={detail({ state: "stopping", attempt: 1 })} />);
  expect(button("Stop").disabled).toBe(true);
  expect(button("Stop").getAttribute("aria-busy")).toBe("true");
});

test("what the API refuses is shown with what to do", async () => {
  const error = { code: "not_resumable", message: "It has succeeded.", hint: "Start a new run.", field: null };
  answerApi({ "POST /api/runs/a/resume": [409, error] });
  renderPage(<Actions run={detail({ id: "a", state: "stopped", attempt: 1 })} />);
  fireEvent.click(button("Resume"));
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("It has succeeded.");
  expect(alert.textContent).toContain("Start a new run.");
  expect(button("Resume").disabled).toBe(false);
});

test("Delete asks first, then leaves the page", async () => {
  const calls = answerApi({ "DELETE /api/runs/a": [200, null] });
  renderPage(<Actions run={detail({ id: "a", state: "failed", attempt: 1, name: "mine" })} />);
  fireEvent.click(button("Delete"));
  await screen.findByText("Delete “mine”?");
  expect(calls.filter(({ method }) => method === "DELETE")).toHaveLength(0);
  fireEvent.click(button("Delete run"));
  await waitFor(() => expect(push).toHaveBeenCalledWith("/"));
});
