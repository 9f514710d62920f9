"use client";

import { Menu } from "@base-ui/react/menu";
import { useRef } from "react";
import type { DatasetDetail, QuarantineListed } from "@/api/schema";
import { buttonClass } from "@/ui/button";
import { plural } from "@/ui/format";
import { Download } from "@/ui/icons";
import { Notice } from "@/ui/notice";

const EXPORTS = [
  { format: "metadata", title: "metadata.csv", what: "what is used, as DiffSynth reads it" },
  { format: "manifest", title: "manifest.jsonl", what: "every row with all decisions" },
  { format: "quarantine", title: "quarantine.csv", what: "the quarantined files, each with its reason" },
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
          Export
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner sideOffset={6} align="end" className="z-40">
            <Menu.Popup className="w-72 rounded-lg border border-line bg-raised p-1 shadow-xl outline-none">
              {EXPORTS.map(({ format, title, what }) => (
                <Menu.Item
                  key={format}
                  className={itemClass}
                  render={<a href={`/api/datasets/${id}/export?format=${format}`} download={title} />}
                >
                  <span className="block font-medium">{title}</span>
                  <span className="block text-muted text-xs">{what}</span>
                </Menu.Item>
              ))}
              <Menu.Separator className="my-1 h-px bg-line" />
              <Menu.Item className={itemClass} onClick={() => file.current?.click()}>
                <span className="block font-medium">Import a quarantine.csv</span>
                <span className="block text-muted text-xs">quarantines the files that it lists</span>
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      <input
        ref={file}
        type="file"
        accept=".csv,text/csv"
        aria-label="Quarantine list"
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
    <Notice tone="muted" alert={false} title={`${plural(changed, "row")} quarantined from the list.`}>
      {unknown > 0 &&
        `${plural(unknown, "line")} of it ${unknown === 1 ? "names" : "name"} no file here, such as ${examples[0]}.`}
    </Notice>
  );
}
