import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { DatasetRead } from "@/api/schema";
import { answerApi, renderPage } from "@/testing/page";
import { DatasetsScreen } from "./datasets-screen";

const push = vi.fn();
vi.mock("partysocket/ws", async () => ({ default: (await import("@/testing/silent-socket")).SilentSocket }));
vi.mock("next/navigation", () => ({ useRouter: () => ({ push }) }));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  push.mockClear();
});

const dataset = (more: Partial<DatasetRead> = {}): DatasetRead => ({
  id: 7,
  name: "trams",
  base_path: "/data/trams",
  metadata_path: "/data/trams/list.csv",
  rows: 12,
  created_at: 0,
  state: "ready",
  importing: null,
  problem: null,
  ...more,
});

const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });

test("without a data set the page teaches, and what was imported is opened", async () => {
  const calls = answerApi({ "GET /api/datasets": [200, []], "POST /api/datasets": [201, dataset()] });
  renderPage(<DatasetsScreen />);
  expect(await screen.findByText("What a list looks like")).toBeTruthy();
  type("Folder", "/data/trams/");
  fireEvent.click(screen.getByRole("button", { name: "Import" }));
  await waitFor(() => expect(push).toHaveBeenCalledWith("/dataset/?id=7"));
  expect(calls.find(({ method }) => method === "POST")?.body).toEqual({ name: "trams", base_path: "/data/trams/" });
});

test("what is wrong with the list is said at its field until that is changed", async () => {
  const error = { code: "metadata_missing", message: "There is no list.", hint: "Name it.", field: "metadata_path" };
  answerApi({ "GET /api/datasets": [200, []], "POST /api/datasets": [422, error] });
  renderPage(<DatasetsScreen />);
  await screen.findByText("What a list looks like");
  type("Folder", "/data/trams");
  fireEvent.click(screen.getByRole("button", { name: "Import" }));
  expect((await screen.findByTestId("field-error")).textContent).toBe("There is no list. Name it.");
  type("List of clips", "list.csv");
  await waitFor(() => expect(screen.queryByTestId("field-error")).toBeNull());
});

test("an import says how far it is, and one that failed says why", async () => {
  const problem = { code: "metadata_missing", message: "There is no list any more.", hint: "", field: null };
  const list = [
    dataset({ id: 1, name: "large", state: "importing", importing: { done: 90_000 } }),
    dataset({ id: 2, name: "gone", state: "failed", problem }),
  ];
  answerApi({ "GET /api/datasets": [200, list] });
  renderPage(<DatasetsScreen />);
  expect(await screen.findByText("importing, 90,000 rows so far")).toBeTruthy();
  expect(screen.getByText("There is no list any more.")).toBeTruthy();
});

test("deleting asks first", async () => {
  const calls = answerApi({
    "GET /api/datasets": [200, [dataset({ state: "failed" })]],
    "DELETE /api/datasets/7": [204, null],
  });
  renderPage(<DatasetsScreen />);
  fireEvent.click(await screen.findByRole("button", { name: "Delete trams" }));
  expect(calls.some(({ method }) => method === "DELETE")).toBe(false);
  fireEvent.click(await screen.findByRole("button", { name: "Delete data set" }));
  await waitFor(() => expect(calls.some(({ method }) => method === "DELETE")).toBe(true));
});
