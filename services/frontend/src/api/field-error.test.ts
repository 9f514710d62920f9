import { expect, test } from "vitest";
import { ApiError } from "./client";
import { errorAt } from "./field-error";

const error = (field: string | null) =>
  new ApiError(422, { code: "invalid_value", message: "It is wrong.", hint: "Mend it.", field });

test("an error is shown at its field, and one within a list at the list's", () => {
  expect(errorAt(error("height"), "height")?.message).toBe("It is wrong.");
  expect(errorAt(error("sample_prompts.2"), "sample_prompts")?.hint).toBe("Mend it.");
  expect(errorAt(error("height"), "width")).toBeUndefined();
  expect(errorAt(error(null), "height")).toBeUndefined();
});
