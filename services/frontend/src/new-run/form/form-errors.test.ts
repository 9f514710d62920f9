import { expect, test } from "vitest";
import { ApiError } from "@/api/client";
import { asDatasetError } from "./form-errors";

const error = (field: string | null) =>
  new ApiError(422, { code: "invalid_value", message: "It is wrong.", hint: "Mend it.", field });

test("a data set's name is not the run's", () => {
  expect(asDatasetError(error("name"))).toMatchObject({
    field: "dataset.name",
    message: "It is wrong.",
    hint: "Mend it.",
  });
  expect(asDatasetError(error("base_path")).field).toBe("base_path");
});
