import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { ImportNotes } from "./import-notes";

test("each note of an import is shown with what to do", () => {
  const notes = [
    { code: "passed_over", message: "12 files were passed over: 10 .txt2, 2 .psd.", hint: "" },
    { code: "read_as_cp949", message: "The table was read as CP949.", hint: "Save it in UTF-8." },
  ];
  render(<ImportNotes notes={notes} />);
  expect(screen.getAllByRole("listitem").map((item) => item.textContent?.trim())).toEqual([
    "12 files were passed over: 10 .txt2, 2 .psd.",
    "The table was read as CP949. Save it in UTF-8.",
  ]);
});
