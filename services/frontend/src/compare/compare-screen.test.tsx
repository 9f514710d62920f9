import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { NuqsTestingAdapter, type UrlUpdateEvent } from "nuqs/adapters/testing";
import { afterEach, expect, test, vi } from "vitest";
import type { RunListItem } from "@/api/schema";
import { answerApi, renderPage } from "@/testing/page";
import { aRun } from "@/testing/run.fixture";
import { CompareScreen } from "./compare-screen";

vi.mock("partysocket/ws", async () => ({ default: (await import("@/testing/silent-socket")).SilentSocket }));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const item = (id: string): RunListItem => ({ ...aRun({ id, name: `run ${id}` }), sparkline: [] });

const show = (searchParams: string) => {
  answerApi({ "GET /api/runs": [200, ["a", "b", "c"].map(item)] });
  const onUrlUpdate = vi.fn<(event: UrlUpdateEvent) => void>();
  renderPage(
    <NuqsTestingAdapter hasMemory searchParams={searchParams} onUrlUpdate={onUrlUpdate}>
      <CompareScreen />
    </NuqsTestingAdapter>,
  );
  return () => onUrlUpdate.mock.lastCall?.[0].queryString;
};

test("nothing to compare: the page teaches how, and a run can be added there", async () => {
  const address = show("");
  fireEvent.change(await screen.findByLabelText("Add a run"), { target: { value: "b" } });
  await waitFor(() => expect(screen.getAllByTestId("compared-run")).toHaveLength(1));
  await waitFor(() => expect(address()).toBe("?run=b"));
});

test("a run that is removed leaves its place free, so that the others keep their colours", async () => {
  const address = show("?run=a&run=b&run=c");
  fireEvent.click(await screen.findByLabelText("Remove run b"));
  await waitFor(() => expect(address()).toBe("?run=a&run=&run=c"));
  expect(screen.getAllByTestId("compared-run").map((row) => row.dataset.run)).toEqual(["a", "c"]);
});

test("a run that is gone is told, and can be removed", async () => {
  show("?run=a&run=gone");
  expect(await screen.findByText(/gone is not here/)).toBeTruthy();
  expect(screen.getByLabelText("Remove gone")).toBeTruthy();
});
