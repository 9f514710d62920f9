import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { DatasetRead, Preset } from "@/api/schema";
import { NewRunForm } from "@/new-run/form/new-run-form";
import { answerApi, renderPage } from "@/testing/page";

vi.mock("partysocket/ws", async () => ({ default: (await import("@/testing/silent-socket")).SilentSocket }));
vi.mock("next/navigation", () => ({ useRouter: () => ({ push: vi.fn() }) }));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const PRESETS: Preset[] = [
  { id: "tiny-wan", title: "tiny-wan", description: "", source: "", config: { name: "tiny", model: "tiny-wan" } },
];
const DATASETS: DatasetRead[] = [
  {
    id: 7,
    name: "clips",
    base_path: "/data",
    metadata_path: "/data/metadata.csv",
    rows: 12,
    created_at: 0,
    state: "ready",
    importing: null,
    problem: null,
  },
];
const TASK = { id: "check-1", kind: "check", created_at: 0, progress: null, code: "", message: "", hint: "" };
const fact = (name: string, fields: object) => ({ type: "check", name, title: name, limit_s: 10, ...fields });
const begin = () => fireEvent.click(screen.getByRole("button", { name: "Check" }));

test("a check is queued with the form's config, and what it finds is listed", async () => {
  const facts = [
    fact("disk", { standing: "ok", found: "64 GB free", took_s: 0.01 }),
    fact("clip", { standing: "ok", found: "clip.mp4: `x_BCFHW 1x3x5x64x64`", took_s: 3 }),
    fact("pairs", { standing: "failure", found: "Rank 1 did not answer.", hint: "Look at it.", took_s: 30 }),
  ];
  const calls = answerApi({
    "POST /api/checks": [201, { id: "check-1" }],
    "GET /api/tasks/check-1": [200, { ...TASK, state: "succeeded", facts, offset: 900 }],
  });
  renderPage(<NewRunForm presets={PRESETS} datasets={DATASETS} />);
  begin();
  expect((await screen.findByText("One check failed.")).getAttribute("role")).toBe("status");
  expect(calls.find(({ path }) => path === "/api/checks")?.body).toMatchObject({
    config: { model: "tiny-wan", dataset_base_path: "/data" },
  });
  expect(screen.getByText("x_BCFHW 1x3x5x64x64").tagName).toBe("CODE");
  expect(screen.getByTestId("check-pairs").textContent).toContain("Rank 1 did not answer.Look at it.");
  expect(screen.queryByRole("button", { name: "Stop" })).toBeNull();
});

test("once the form says something else than was checked, the panel says so and offers to check again", async () => {
  const facts = [fact("disk", { standing: "ok", found: "64 GB free", took_s: 0.01 })];
  const calls = answerApi({
    "POST /api/checks": [201, { id: "check-1" }],
    "GET /api/tasks/check-1": [200, { ...TASK, state: "succeeded", facts, offset: 300 }],
  });
  renderPage(<NewRunForm presets={PRESETS} datasets={DATASETS} />);
  begin();
  await screen.findByText("Fit for this run.");
  const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
  type("Name", "other");
  expect(screen.queryByText(/You changed the form/)).toBeNull(); // a name is not checked
  type("Height", "96");
  screen.getByText(/You changed the form/);
  type("Height", "");
  expect(screen.queryByText(/You changed the form/)).toBeNull();
  type("Height", "96");
  fireEvent.click(screen.getByRole("button", { name: "Check again" }));
  await waitFor(() => expect(calls.filter(({ path }) => path === "/api/checks")).toHaveLength(2));
  expect(calls.findLast(({ path }) => path === "/api/checks")?.body).toMatchObject({ config: { height: 96 } });
  await waitFor(() => expect(screen.queryByText(/You changed the form/)).toBeNull());
});

test("one that waits says for what, and can be stopped", async () => {
  const agents = [{ agent_id: "a", host: "a", gpus: [], alive: ["trams"], tasks: [], last_seen_at: 0, online: true }];
  const calls = answerApi({
    "POST /api/checks": [201, { id: "check-1" }],
    "GET /api/tasks/check-1": [200, { ...TASK, state: "queued", facts: [], offset: 0 }],
    "GET /api/agents": [200, agents],
    "POST /api/tasks/check-1/stop": [202, { ...TASK, state: "stopped", facts: [], offset: 0 }],
  });
  renderPage(<NewRunForm presets={PRESETS} datasets={DATASETS} />);
  begin();
  await screen.findByText(/until the run trams has ended/);
  fireEvent.click(screen.getByRole("button", { name: "Stop" }));
  await waitFor(() => expect(calls.some(({ path }) => path === "/api/tasks/check-1/stop")).toBe(true));
});

test("a mistake in the config is shown at its field", async () => {
  const error = { code: "invalid_value", message: "height is 100.", hint: "Use 96 or 128.", field: "height" };
  answerApi({ "POST /api/checks": [422, error] });
  renderPage(<NewRunForm presets={PRESETS} datasets={DATASETS} />);
  begin();
  await screen.findByText("height is 100.");
  expect(screen.getByLabelText("Height").getAttribute("aria-invalid")).toBe("true");
});
