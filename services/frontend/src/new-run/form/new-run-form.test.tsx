import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { DatasetRead, Preset } from "@/api/schema";
import { aPlan } from "@/new-run/plan/plan.fixture";
import { answerApi, renderPage } from "@/testing/page";
import { aRun } from "@/testing/run.fixture";
import { NewRunForm } from "./new-run-form";

const push = vi.fn();
vi.mock("partysocket/ws", async () => ({ default: (await import("@/testing/silent-socket")).SilentSocket }));
vi.mock("next/navigation", () => ({ useRouter: () => ({ push }) }));

afterEach(() => {
  cleanup();
  localStorage.clear();
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
  start();
  await waitFor(() => expect(push).toHaveBeenCalledWith("/run/?id=new"));
  expect(calls.find(({ path }) => path === "/api/runs")?.body).toMatchObject({
    config: { name: "mine", model: "wan2.2-ti2v-5b", height: 480, dataset_base_path: "/data/clips" },
    dataset_id: 7,
  });
});

test("the data set that the address names is chosen", () => {
  answerApi({});
  renderPage(
    <NewRunForm presets={PRESETS} datasets={[DATASET, { ...DATASET, id: 8, name: "others" }]} preferred={8} />,
  );
  expect(field("Data set").value).toBe("8");
});

test("further data sets are sent with their ids, and their mistakes are shown at their fields", async () => {
  const error = {
    code: "invalid_value",
    message: "The weight is 0.",
    hint: "Use 0.5.",
    field: "more_datasets.1.dataset_weight",
  };
  const calls = answerApi({ "POST /api/runs": [422, error] });
  renderPage(<NewRunForm presets={PRESETS} datasets={[DATASET, { ...DATASET, id: 8, name: "others" }]} />);
  const add = () => fireEvent.click(screen.getByRole("button", { name: "Add a data set" }));
  add();
  add();
  const [one, two] = screen.getAllByTestId("further-dataset").map((each) => within(each));
  expect(one?.getByLabelText<HTMLSelectElement>("Data set").value).toBe("8");
  fireEvent.change(one?.getByLabelText("Trigger word") as HTMLElement, { target: { value: "ohwx" } });
  fireEvent.change(two?.getByLabelText("Data set") as HTMLElement, { target: { value: "" } });
  fireEvent.change(two?.getByLabelText("Folder of clips") as HTMLElement, { target: { value: "/data/third" } });
  fireEvent.change(two?.getByLabelText("Weight") as HTMLElement, { target: { value: "0" } });
  start();
  await screen.findByText("The weight is 0.");
  expect(two?.getByLabelText("Weight").getAttribute("aria-invalid")).toBe("true");
  expect(one?.getByLabelText("Weight").getAttribute("aria-invalid")).toBeNull();
  expect(calls.find(({ path }) => path === "/api/runs")?.body).toMatchObject({
    config: {
      more_datasets: [
        { dataset_base_path: "/data/clips", trigger_word: "ohwx" },
        { dataset_base_path: "/data/third", dataset_weight: 0 },
      ],
    },
    dataset_id: 7,
    more_dataset_ids: [8, null],
  });
  fireEvent.click(one?.getByRole("button", { name: "Remove" }) as HTMLElement);
  expect(screen.getAllByTestId("further-dataset")).toHaveLength(1);
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

test("the plan is of what the form says, and a way of it changes the form", async () => {
  const calls = answerApi({ "POST /api/plan": [200, aPlan()] });
  renderPage(<NewRunForm presets={PRESETS} datasets={[DATASET]} />);
  expect((await screen.findByTestId("plan-steps")).textContent).toBe("4,254,500 steps");
  expect(screen.getByTestId("plan-time").textContent).toBe("261 to 276 days");
  expect(screen.getByText("4,254,500 steps, 261 to 276 days")).toBeTruthy();
  expect(screen.getByText("4,254,500 steps a rank take 246 days.")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: /1 epoch, 1 repeat, 17 frames/ }));
  expect([field("Epochs").value, field("Repeats").value, field("Frames").value]).toEqual(["1", "1", "17"]);
  expect(field("Height").value).toBe("96");
  await waitFor(() =>
    expect(calls.filter(({ path }) => path === "/api/plan").at(-1)?.body).toMatchObject({
      config: { num_epochs: 1, dataset_repeat: 1, num_frames: 17, name: "plan" },
      dataset_id: 7,
      done_in_days: 5,
    }),
  );
});

test("what is encoded anew is said, and asked for again while the server counts", async () => {
  const counted = {
    state: "counted" as const,
    samples: 5,
    cached: 4,
    anew: [{ why: "replaced" as const, samples: 1 }],
    unsure: 0,
    captions_anew: 0,
    text: "1 of 5 samples are encoded anew: 1 whose file was replaced.",
    size_bytes: 2e9,
  };
  const counting = { ...counted, state: "counting" as const, text: "", size_bytes: null };
  const answers: Parameters<typeof answerApi>[0] = { "POST /api/plan": [200, aPlan({ cache: counting })] };
  answerApi(answers);
  renderPage(<NewRunForm presets={PRESETS} datasets={[DATASET]} />);
  expect((await screen.findByTestId("plan-cache")).textContent).toBe("Counting what is cached already.");
  answers["POST /api/plan"] = [200, aPlan({ cache: counted })];
  await waitFor(() => expect(screen.getByTestId("plan-cache").textContent).toContain("1 whose file was replaced."), {
    timeout: 5_000,
  });
  expect(screen.getByTestId("plan-cache").textContent).toContain("2 GB in the cache of all runs");
});

test("the price is remembered, a person's own figure is asked with", async () => {
  const calls = answerApi({ "POST /api/plan": [200, aPlan({ cost: { low: 1000, high: 2000 } })] });
  renderPage(<NewRunForm presets={PRESETS} datasets={[DATASET]} />);
  await screen.findByTestId("plan-steps");
  type("Seconds a step", "5");
  type("Price an hour", "3.5");
  await waitFor(() => expect(calls.at(-1)?.body).toMatchObject({ seconds_per_step: 5, price_per_hour: 3.5 }));
  type("Frames", "17");
  await waitFor(() =>
    expect(calls.at(-1)?.body).toMatchObject({
      config: { num_frames: 17 },
      seconds_per_step: 5,
      seconds_per_step_of: { height: 96, name: "plan" },
    }),
  );
  expect(calls.at(-1)?.body).not.toHaveProperty("seconds_per_step_of.num_frames");
  expect(screen.getByTestId("plan-cost").textContent).toBe("1,000 to 2,000");
  cleanup();
  renderPage(<NewRunForm presets={PRESETS} datasets={[DATASET]} />);
  await screen.findByTestId("plan-steps");
  expect(field("Price an hour").value).toBe("3.5");
});

test("without a data set the plan says what it waits for, and a mistake is said in its place", async () => {
  answerApi({ "POST /api/plan": [422, { code: "invalid_value", message: "height is 100.", hint: "Use 96 or 128." }] });
  renderPage(<NewRunForm presets={PRESETS} datasets={[]} />);
  expect(await screen.findByText("The plan is known once the data set is.")).toBeTruthy();
  type("Folder of clips", "/data/clips");
  expect(await screen.findByText("height is 100. Use 96 or 128.")).toBeTruthy();
});

test("a trial is what is planned with, until the form is of something else", async () => {
  const task = {
    id: "t",
    kind: "trial",
    state: "succeeded",
    created_at: 0,
    progress: null,
    code: "",
    message: "",
    hint: "",
  };
  const answers: Parameters<typeof answerApi>[0] = {
    "POST /api/plan": [200, aPlan()],
    "POST /api/plan/trial": [202, { task_id: "t" }],
    "GET /api/tasks/t": [200, { ...task, facts: [{ type: "trial", seconds_per_step: 2.5 }], offset: 9 }],
  };
  const calls = answerApi(answers);
  renderPage(<NewRunForm presets={PRESETS} datasets={[DATASET]} />);
  fireEvent.click(await screen.findByRole("button", { name: "Try 20 steps" }));
  await screen.findByText("A step took 2.5 s. The plan uses that.");
  expect(field("Seconds a step").value).toBe("");
  const asked = () => calls.filter(({ path }) => path === "/api/plan").at(-1)?.body;
  await waitFor(() => expect(asked()).toMatchObject({ seconds_per_step: null, trial: "t" }));
  answers["POST /api/plan"] = [200, aPlan({ trial_text: "The trial was at another shape." })];
  type("Height", "128");
  await screen.findByText("A step took 2.5 s. The trial was at another shape.");
  expect(asked()).toMatchObject({ trial: "t" });
});
