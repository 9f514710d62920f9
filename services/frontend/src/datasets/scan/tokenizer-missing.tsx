"use client";

import { useState } from "react";
import type { DatasetDetail } from "@/api/schema";
import { useScan } from "@/datasets/queries";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import { inputClass } from "@/ui/labelled";
import { ErrorNotice, Notice } from "@/ui/notice";
import { Prose } from "@/ui/prose";

/** Captions are counted by a tokenizer that is not the model's: why, and a way to have them counted by its own. */
export function TokenizerMissing({ dataset }: { dataset: DatasetDetail }) {
  const scan = useScan(dataset.id);
  const [folder, setFolder] = useState("");
  const { tokenizer } = dataset;
  if (!tokenizer || tokenizer.is_own) return null;
  return (
    <>
      <Notice
        tone="stopping"
        alert={false}
        title={t("datasets.tokenizer.title")}
        action={
          <form
            className="flex flex-wrap items-center gap-2"
            onSubmit={(event) => {
              event.preventDefault();
              scan.mutate({ model: tokenizer.model, tokenizer_path: folder.trim() || null });
            }}
          >
            <input
              aria-label={t("datasets.tokenizer.folder")}
              placeholder={t("datasets.tokenizer.folderPlaceholder")}
              value={folder}
              onChange={(event) => setFolder(event.target.value)}
              className={`h-8 w-52! ${inputClass}`}
            />
            <Button type="submit" busy={scan.isPending}>
              {t("datasets.tokenizer.countAgain")}
            </Button>
          </form>
        }
      >
        <Prose text={tokenizer.message} />
      </Notice>
      {scan.error && <ErrorNotice error={scan.error} />}
    </>
  );
}
