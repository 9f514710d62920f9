"use client";

import { type FormEvent, useState } from "react";
import { asApiError } from "@/api/client";
import { errorAt } from "@/api/field-error";
import type { DatasetRead } from "@/api/schema";
import { useImport } from "@/datasets/queries";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { fileName } from "@/ui/file-name";
import { inputClass, Labelled } from "@/ui/labelled";
import { ErrorNotice } from "@/ui/notice";

const FIELDS = ["base_path", "metadata_path", "name"] as const;

interface Props {
  /** Null where the form cannot be closed. */
  onClose: (() => void) | null;
  onDone: (dataset: DatasetRead) => void;
}

/** Name a folder and a list on the server. What is wrong with either is said at its field. */
export function ImportForm({ onClose, onDone }: Props) {
  const start = useImport();
  const [draft, setDraft] = useState({ base_path: "", metadata_path: "", name: "" });
  const [named, setNamed] = useState(false);
  const error = start.error ? asApiError(start.error) : null;
  const name = named ? draft.name : fileName(draft.base_path);

  const set = (field: (typeof FIELDS)[number], value: string) => {
    setDraft({ ...draft, [field]: value });
    if (errorAt(error, field)) start.reset();
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const metadata = draft.metadata_path.trim();
    start.mutate(
      { name: name.trim(), base_path: draft.base_path.trim(), ...(metadata && { metadata_path: metadata }) },
      { onSuccess: onDone },
    );
  };

  const field = (key: (typeof FIELDS)[number], label: string, help: string, placeholder: string) => (
    <Labelled label={label} help={help} error={errorAt(error, key)} name={key}>
      {(aria) => (
        <input
          {...aria}
          value={key === "name" ? name : draft[key]}
          placeholder={placeholder}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            if (key === "name") setNamed(true);
            set(key, event.target.value);
          }}
          className={`h-8 ${inputClass}`}
        />
      )}
    </Labelled>
  );

  return (
    <Card title={t("datasets.import.title")}>
      <form onSubmit={submit} noValidate className="space-y-3">
        {field("base_path", t("datasets.import.folder"), t("datasets.import.folderHelp"), t("common.examplePath"))}
        {field(
          "metadata_path",
          t("datasets.import.list"),
          t("datasets.import.listHelp"),
          t("datasets.import.listPlaceholder"),
        )}
        {field("name", t("datasets.import.name"), "", "")}
        {error && !errorAt(error, ...FIELDS) && <ErrorNotice error={error} />}
        <div className="flex flex-wrap items-center justify-end gap-2 pt-1">
          {start.isPending && (
            <p role="status" className="mr-auto text-muted text-xs">
              {t("datasets.import.reading")}
            </p>
          )}
          {onClose && (
            <Button tone="bare" onClick={onClose}>
              {t("common.cancel")}
            </Button>
          )}
          <Button type="submit" tone="primary" busy={start.isPending}>
            {t("datasets.list.import")}
          </Button>
        </div>
      </form>
    </Card>
  );
}
