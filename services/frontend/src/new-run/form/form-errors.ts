import { ApiError } from "@/api/client";
import { errorAt } from "@/api/field-error";
import { ALL_FIELDS } from "./fields";

/** Fields of the config and of a data set's registration that the data set's part of the form shows. */
export const DATASET_FIELDS = [
  "dataset_base_path",
  "base_path",
  "dataset_metadata_path",
  "metadata_path",
  "dataset.name",
] as const;

const SHOWN = [...ALL_FIELDS.map(({ key }) => key), "name", ...DATASET_FIELDS, "more_datasets", "more_dataset_ids"];

/** An error of the data set's own registration, whose `name` is not the run's. */
export function asDatasetError(error: ApiError): ApiError {
  if (error.field !== "name") return error;
  return new ApiError(error.status, { ...error, message: error.message, field: "dataset.name" });
}

/** Whether some field of the form shows the error; one that none shows belongs beside the button. */
export const isShownAtField = (error: ApiError) =>
  errorAt(error, ...SHOWN) !== undefined || error.code === "unknown_key";
