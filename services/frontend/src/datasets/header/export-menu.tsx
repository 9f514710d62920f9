"use client";

import { Menu } from "@base-ui/react/menu";
import { useRef } from "react";
import type { DatasetDetail, QuarantineListed } from "@/api/schema";
import { t } from "@/messages";
import { buttonClass } from "@/ui/button";
import { Download } from "@/ui/icons";
import { Notice } from "@/ui/notice";

const EXPORTS = [
  { format: "metadata", file: "metadata.csv" },
  { format: "manifest", file: "manifest.jsonl" },
  { format: "quarantine", file: "quarantine.csv" },
] as const;

const itemClass =
  "block w-full rounded-md px-2.5 py-1.5 text-left outline-none data-highlighted:bg-sunken cursor-pointer";

interface Props {
  dataset: DatasetDetail;
  /** Is given the text of a quarantine list. */
  onList: (csv: string) => void;
}

export function ExportMenu({ dataset: { id }, onList }: Props) {
  const file = useRef<HTMLInputElement>(null);
  return (
    <>
      <Menu.Root>
        <Menu.Trigger className={buttonClass("quiet")}>
          <Download />
          {t("datasets.export.title")}
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner sideOffset={6} align="end" className="z-40">
            <Menu.Popup className="w-72 rounded-lg border border-line bg-raised p-1 shadow-xl outline-none">
              {EXPORTS.map(({ format, file: name }) => (
                <Menu.Item
                  key={format}
                  className={itemClass}
                  render={<a href={`/api/datasets/${id}/export?format=${format}`} download={name} />}
                >
                  <span className="block font-medium">{name}</span>
                  <span className="block text-muted text-xs">{t(`datasets.export.formats.${format}`)}</span>
                </Menu.Item>
              ))}
              <Menu.Separator className="my-1 h-px bg-line" />
              <Menu.Item className={itemClass} onClick={() => file.current?.click()}>
                <span className="block font-medium">{t("datasets.export.importQuarantine")}</span>
                <span className="block text-muted text-xs">{t("datasets.export.importQuarantineHint")}</span>
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      <input
        ref={file}
        type="file"
        accept=".csv,text/csv"
        aria-label={t("datasets.export.quarantineList")}
        className="hidden"
        onChange={async ({ currentTarget }) => {
          const csv = await currentTarget.files?.[0]?.text();
          currentTarget.value = "";
          if (csv !== undefined) onList(csv);
        }}
      />
    </>
  );
}

/** How many rows a quarantine list was about. */
export function ListedNotice({ of: { changed, unknown, examples } }: { of: QuarantineListed }) {
  return (
    <Notice tone="muted" alert={false} title={t("datasets.export.listed", { rows: changed })}>
      {unknown > 0 && t("datasets.export.unknownLines", { lines: unknown, example: examples[0] ?? "" })}
    </Notice>
  );
}
