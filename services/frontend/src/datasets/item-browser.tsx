"use client";

import { Dialog } from "@base-ui/react/dialog";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import type { DatasetDetail, ItemRead } from "@/api/schema";
import { CaptionTools } from "@/datasets/captions/caption-tools";
import { FilterBar } from "@/datasets/grid/filter-bar";
import { useGridView } from "@/datasets/grid/grid-view";
import { ItemGrid } from "@/datasets/grid/item-grid";
import { SelectionBar } from "@/datasets/grid/selection-bar";
import { ItemPanel } from "@/datasets/item/item-panel";
import { RulesPanel } from "@/datasets/rules/rules-panel";
import { t } from "@/messages";
import { Card } from "@/ui/card";
import { ErrorNotice } from "@/ui/notice";
import { PAGE_ITEMS, pageQuery, useQuarantine } from "./item-queries";
import { useWideWindow } from "./use-wide-window";

/** Rules, grid and the open item: where a data set is looked through. */
export function ItemBrowser({ dataset }: { dataset: DatasetDetail }) {
  const { id } = dataset;
  const queries = useQueryClient();
  const { view, change, item, open } = useGridView();
  const quarantine = useQuarantine(id);
  const wide = useWideWindow();
  const [total, setTotal] = useState<number>();
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const [focus, setFocus] = useState(0);
  /** The open item's place in the list, once it was opened from there. */
  const [place, setPlace] = useState<number | null>(null);

  // Whoever has changed the view: what was selected may not be among what is shown.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is reset by a change of the view.
  useEffect(() => {
    setFocus(0);
    setPlace(null);
    setSelected(new Set());
  }, [view]);

  const openAt = ({ id: itemId }: ItemRead, index: number) => {
    open(itemId);
    setPlace(index);
  };

  const step = async (by: 1 | -1) => {
    const index = (place ?? 0) + by;
    if (index < 0) return;
    const page = await queries.ensureQueryData(pageQuery(id, view, Math.floor(index / PAGE_ITEMS)));
    const next = page.items[index % PAGE_ITEMS];
    if (!next) return;
    setFocus(index);
    openAt(next, index);
  };

  const select = ({ id: itemId }: ItemRead) => {
    const next = new Set(selected);
    if (!next.delete(itemId)) next.add(itemId);
    setSelected(next);
  };

  const keepOut = (items: number[], on: boolean) =>
    quarantine.mutate(
      { items, reason: on ? t("datasets.quarantine.byHand") : "", on },
      { onSuccess: () => setSelected(new Set()) },
    );

  const panel = item !== null && (
    <ItemPanel dataset={dataset} itemId={item} onStep={place === null ? null : step} onClose={() => open(null)} />
  );
  return (
    <div
      className={`grid items-start gap-4 lg:grid-cols-[18rem_minmax(0,1fr)] ${
        panel ? "xl:grid-cols-[18rem_minmax(0,1fr)_24rem]" : ""
      }`}
    >
      <RulesPanel dataset={dataset} chosen={view.rule} onChoose={(rule) => change({ rule })} />
      <Card title={t("datasets.grid.title")} aside={<CaptionTools datasetId={id} view={view} />}>
        <div className="space-y-3">
          <FilterBar view={view} total={total} onChange={change} />
          {quarantine.error && <ErrorNotice error={quarantine.error} />}
          <ItemGrid
            key={JSON.stringify(view)}
            datasetId={id}
            view={view}
            rows={dataset.rows}
            focus={focus}
            open={item}
            selected={selected}
            onTotal={setTotal}
            onFocus={setFocus}
            onOpen={openAt}
            onSelect={select}
            onQuarantine={(one) =>
              keepOut(selected.size > 0 ? [...selected] : [one.id], selected.size > 0 || !one.quarantined)
            }
          />
          <p className="text-muted text-xs max-md:hidden">{t("datasets.grid.keys")}</p>
        </div>
      </Card>
      {wide ? (
        panel && (
          <section
            aria-label={t("datasets.item.title")}
            className="sticky top-4 flex max-h-[calc(100dvh-2rem)] overflow-hidden rounded-lg border border-line bg-raised shadow-card"
          >
            {panel}
          </section>
        )
      ) : (
        <Sheet open={item !== null} onClose={() => open(null)}>
          {panel}
        </Sheet>
      )}
      <SelectionBar
        amount={selected.size}
        busy={quarantine.isPending}
        onQuarantine={(on) => keepOut([...selected], on)}
        onClear={() => setSelected(new Set())}
      />
    </div>
  );
}

function Sheet({ open, onClose, children }: { open: boolean; onClose: () => void; children: ReactNode }) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/45" />
        <Dialog.Popup className="fixed inset-x-0 bottom-0 z-50 mx-auto flex max-h-[94dvh] w-full max-w-2xl flex-col overflow-hidden rounded-t-xl border border-line bg-raised shadow-xl">
          <Dialog.Title className="sr-only">{t("datasets.item.title")}</Dialog.Title>
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
