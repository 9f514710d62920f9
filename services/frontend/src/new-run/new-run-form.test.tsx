import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { DatasetRead, Preset } from "@/api/schema";
import { aRun } from "@/runs/run.fixture";
import { answerApi, renderPage } from "@/testing/page";
import { NewRunForm } from "./new-run-form";

const push = vi.fn();
vi.mock("partysocket/ws", async () => ({ default: (await import("@/testing/silent-socket")).SilentSocket }));
vi.mock("next/navigation", () => ({ useRouter: () => ({ push }) }));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  push.mockClear();
});

const preset = (id: string, config: Record<string, unknown>): Preset => ({
  id,
  title: id,
  description: "",
  source: "",
  config: { name: id, model: id, ...config },
});
const PRESETS = [preset("tiny-wan", { height: 96 }), preset("wan2.2-ti2v-5b", { height: 480, num_epochs: 5 })];
const DATASET: DatasetRead = {
  id: 7,
  name: "clips",
  base_path: "/data/clips",
  metadata_path: "/data/clips/metadata.csv",
  rows: 12,
  created_at: 0,
  state: "ready" as const,
  importing: null,
  problem: null,
};

const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label);
const type = (label: string, value: string) => fireEvent.change(field(label), { target: { value } });
const start = () => fireEvent.click(screen.getByRole("button", { name: "Start" }));

test("a preset on a registered data set starts as it stands, and the page goes to the run", async () => {
  const calls = answerApi({
    "POST /api/runs": [201, { ...aRun({ id: "new" }), config: {}, attempts: [], folder: "" }],
  });
  renderPage(<NewRunForm presets={PRESETS} datasets={[DATASET]} />);
  fireEvent.click(screen.getByRole("radio", { name: "wan2.2-ti2v-5b" }));
  type("Name", "mine");
  expect(screen.getByText("60 optimizer steps")).toBeTruthy();
  start();
  await waitFor(() => expect(push).toHaveBeenCalledWith("/run/?id=new"));
  expect(calls.find(({ method }) => method === "POST")?.body).toMatchObject({
    config: { name: "mine", model: "wan2.2-ti2v-5b", height: 480, dataset_base_path: "/data/clips" },
    dataset_id: 7,
  });
});

test("the data set that the address names is chosen", () => {
  renderPage(
    <NewRunForm presets={PRESETS} datasets={[DATASET, { ...DATASET, id: 8, name: "others" }]} preferred={8} />,
  );
  expect(field("Data set").value).toBe("8");
});

test("a mistake is shown at its field until that field is changed", async () => {
  const error = { code: "invalid_value", message: "height is 100.", hint: "Use 96 or 128.", field: "height" };
  answerApi({ "POST /api/runs": [422, error] });
  renderPage(<NewRunForm presets={PRESETS} datasets={[DATASET]} />);
  type("Height", "100");
  start();
  await screen.findByText("height is 100.");
  expect(field("Height").getAttribute("aria-invalid")).toBe("true");
  expect(field("Width").getAttribute("aria-invalid")).toBeNull();
  type("Height", "96");
  await waitFor(() => expect(screen.queryByText("height is 100.")).toBeNull());
});

test("a folder can be registered on the way, and its mistakes are shown at its own fields", async () => {
  const error = { code: "name_taken", message: "There is one of that name.", hint: "Take another.", field: "name" };
  const calls = answerApi({ "POST /api/datasets": [409, error] });
  renderPage(<NewRunForm presets={PRESETS} datasets={[]} />);
  type("Folder of clips", "/data/new clips/");
  fireEvent.click(screen.getByLabelText(/Register it/));
  expect(field("Data set name").value).toBe("new clips");
  start();
  await screen.findByText("There is one of that name.");
  expect(field("Data set name").getAttribute("aria-invalid")).toBe("true");
  expect(field("Name").getAttribute("aria-invalid")).toBeNull();
  expect(calls.some(({ path }) => path === "/api/runs")).toBe(false);
});

test("what belongs to no field is shown beside the button", async () => {
  answerApi({ "POST /api/runs": [507, { code: "disk_full", message: "The disk is full.", hint: "Free some." }] });
  renderPage(<NewRunForm presets={PRESETS} datasets={[DATASET]} />);
  start();
  expect((await screen.findByRole("alert")).textContent).toContain("Free some.");
});
