import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { NuqsTestingAdapter } from "nuqs/adapters/testing";
import { afterEach, expect, test } from "vitest";
import type { Summary } from "@/api/schema";
import { ConvertedFiles } from "./converted-files";

afterEach(cleanup);

const show = (conversions: Summary["conversions"]) =>
  render(
    <NuqsTestingAdapter hasMemory>
      <ConvertedFiles conversions={conversions} rows={9} />
    </NuqsTestingAdapter>,
  );

const region = () => screen.findByRole("region", { name: "Converted for training" });

test("what is not known is not nothing", async () => {
  show({ known: 0, counts: [] });
  expect((await region()).textContent).toContain("Not known before a scan.");
  cleanup();
  show({ known: 7, counts: [] });
  expect((await region()).textContent).toContain("known of 7 of 9 rows");
  expect((await region()).textContent).toContain("Nothing: every file is trained on as it is stored.");
});

test("a count is chosen and taken back", async () => {
  const counts = [
    { code: "hdr", count: 1200 },
    { code: "of another version", count: 1 },
  ];
  show({ known: 9, counts });
  const button = await screen.findByRole("button", { name: "1,200 HDR, mapped to SDR" });
  expect(screen.getAllByRole("button")).toHaveLength(1);
  for (const chosen of ["true", "false"]) {
    fireEvent.click(button);
    await waitFor(() => expect(button.getAttribute("aria-pressed")).toBe(chosen));
  }
});
