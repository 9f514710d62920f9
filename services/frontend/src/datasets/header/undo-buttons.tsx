"use client";

import { useEffect } from "react";
import type { DatasetDetail } from "@/api/schema";
import { useDatasetCommand } from "@/datasets/queries";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import { Redo, Undo } from "@/ui/icons";
import { ErrorNotice } from "@/ui/notice";

type Way = "undo" | "redo";

/** Undo and redo, which say what they would do. Ctrl+Z in a text field stays that field's own. */
export function UndoButtons({ dataset: { id, done, undone } }: { dataset: DatasetDetail }) {
  const undo = useDatasetCommand(id, "undo");
  const redo = useDatasetCommand(id, "redo");
  const ways = [
    { way: "undo" as Way, next: done[0], command: undo, icon: <Undo /> },
    { way: "redo" as Way, next: undone[0], command: redo, icon: <Redo /> },
  ];
  const busy = undo.isPending || redo.isPending;
  const { mutate: takeBack } = undo;
  const { mutate: bringBack } = redo;
  const canUndo = done.length > 0 && !busy;
  const canRedo = undone.length > 0 && !busy;

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const way = wayOf(event);
      if (!way || isText(event.target)) return;
      event.preventDefault();
      if (way === "undo" && canUndo) takeBack();
      if (way === "redo" && canRedo) bringBack();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [canUndo, canRedo, takeBack, bringBack]);

  const failed = [undo, redo].find(({ error }) => error);
  return (
    <>
      {ways.map(({ way, next, command, icon }) => {
        const what = next
          ? t(`datasets.undo.${way}.label`, { change: next.label, rows: next.count })
          : t(`datasets.undo.${way}.nothing`);
        return (
          <Button
            key={way}
            title={what}
            aria-label={what}
            data-testid={way}
            className="w-8 px-0!"
            icon={icon}
            busy={command.isPending}
            disabled={!next || busy}
            onClick={() => command.mutate()}
          />
        );
      })}
      {failed && (
        <div className="order-last w-full">
          <ErrorNotice error={failed.error} />
        </div>
      )}
    </>
  );
}

function wayOf({ key, ctrlKey, metaKey, shiftKey, altKey }: KeyboardEvent): Way | null {
  if (!(ctrlKey || metaKey) || altKey) return null;
  if (key.toLowerCase() === "z") return shiftKey ? "redo" : "undo";
  return key.toLowerCase() === "y" ? "redo" : null;
}

/** Whether an element has text of its own to undo in. */
export function isText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const typed = target instanceof HTMLInputElement && !["checkbox", "radio", "range"].includes(target.type);
  return typed || target instanceof HTMLTextAreaElement || target.isContentEditable;
}
