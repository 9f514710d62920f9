"use client";

import type { ApiError } from "@/api/client";
import type { DatasetCreate, DatasetRead } from "@/api/schema";
import { t } from "@/messages";
import { fileName } from "@/ui/file-name";
import { FieldError, inputClass, Labelled } from "@/ui/labelled";
import type { Config } from "./draft";

/** A registered data set by its id, or a folder on the server. */
export interface Chosen {
  id: number | null;
  path: string;
  metadata: string;
  /** Register the folder under `name`. */
  register: boolean;
  name: string;
}

export const NO_DATASET: Chosen = { id: null, path: "", metadata: "", register: false, name: "" };

/** The part of the config that the choice sets. */
export function datasetConfig(chosen: Chosen, datasets: readonly DatasetRead[]): Config {
  const known = datasets.find(({ id }) => id === chosen.id);
  if (known) return { dataset_base_path: known.base_path, dataset_metadata_path: known.metadata_path };
  const metadata = chosen.metadata.trim();
  return { dataset_base_path: chosen.path.trim(), ...(metadata && { dataset_metadata_path: metadata }) };
}

/** The choice that a config's paths are. */
export function chosenOf(config: Config, datasets: readonly DatasetRead[]): Chosen {
  const path = typeof config.dataset_base_path === "string" ? config.dataset_base_path : "";
  const metadata = typeof config.dataset_metadata_path === "string" ? config.dataset_metadata_path : "";
  const known = datasets.find((one) => one.base_path === path && (metadata === "" || one.metadata_path === metadata));
  return known ? { ...NO_DATASET, id: known.id } : { ...NO_DATASET, path, metadata };
}

export function registration(chosen: Chosen): DatasetCreate | null {
  if (chosen.id !== null || !chosen.register) return null;
  const metadata = chosen.metadata.trim();
  return { name: chosen.name.trim(), base_path: chosen.path.trim(), ...(metadata && { metadata_path: metadata }) };
}

interface Props {
  datasets: readonly DatasetRead[];
  chosen: Chosen;
  errorOf: (...fields: string[]) => ApiError | undefined;
  onChange: (chosen: Chosen) => void;
  canRegister?: boolean;
}

export function DatasetChoice({ datasets, chosen, errorOf, onChange, canRegister = true }: Props) {
  const set = (more: Partial<Chosen>) => onChange({ ...chosen, ...more });
  const known = datasets.find(({ id }) => id === chosen.id);
  const pathError = errorOf("dataset_base_path", "base_path");
  const metadataError = errorOf("dataset_metadata_path", "metadata_path");
  return (
    <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
      {datasets.length > 0 && (
        <Labelled label={t("datasets.one")} className="sm:col-span-2">
          {(aria) => (
            <select
              {...aria}
              value={chosen.id ?? ""}
              onChange={(event) => set({ id: event.target.value === "" ? null : Number(event.target.value) })}
              className={`h-8 ${inputClass}`}
            >
              {datasets.map((one) => (
                <option key={one.id} value={one.id}>
                  {t("newRun.dataset.choice", { name: one.name, clips: one.rows })}
                </option>
              ))}
              <option value="">{t("newRun.dataset.other")}</option>
            </select>
          )}
        </Labelled>
      )}
      {known && (
        <div className="min-w-0 space-y-1 text-muted text-xs sm:col-span-2">
          <p className="truncate font-mono" title={known.metadata_path}>
            {known.metadata_path}
          </p>
          {(pathError ?? metadataError) && <FieldError error={(pathError ?? metadataError) as ApiError} />}
        </div>
      )}
      {!known && (
        <>
          <Labelled
            label={t("newRun.dataset.folder")}
            help={t("newRun.dataset.folderHelp")}
            error={pathError}
            name="dataset_base_path"
          >
            {(aria) => (
              <input
                {...aria}
                value={chosen.path}
                placeholder={t("common.examplePath")}
                spellCheck={false}
                autoComplete="off"
                onChange={(event) => set({ path: event.target.value })}
                className={`h-8 ${inputClass}`}
              />
            )}
          </Labelled>
          <Labelled
            label={t("newRun.dataset.list")}
            help={t("newRun.dataset.listHelp")}
            error={metadataError}
            name="dataset_metadata_path"
          >
            {(aria) => (
              <input
                {...aria}
                value={chosen.metadata}
                placeholder={t("newRun.dataset.listPlaceholder")}
                spellCheck={false}
                autoComplete="off"
                onChange={(event) => set({ metadata: event.target.value })}
                className={`h-8 ${inputClass}`}
              />
            )}
          </Labelled>
          {canRegister && (
            <label className="flex items-center gap-2 text-xs sm:col-span-2">
              <input
                type="checkbox"
                checked={chosen.register}
                onChange={(event) =>
                  set({ register: event.target.checked, name: chosen.name || fileName(chosen.path) })
                }
              />
              {t("newRun.dataset.register")}
            </label>
          )}
          {chosen.register && (
            <Labelled label={t("newRun.dataset.name")} error={errorOf("dataset.name")} name="dataset.name">
              {(aria) => (
                <input
                  {...aria}
                  value={chosen.name}
                  autoComplete="off"
                  onChange={(event) => set({ name: event.target.value })}
                  className={`h-8 ${inputClass}`}
                />
              )}
            </Labelled>
          )}
        </>
      )}
    </div>
  );
}
