"use client";

import { AlertDialog } from "@base-ui/react/alert-dialog";
import type { ReactNode } from "react";
import { buttonClass } from "./button";

/** Ask before something that cannot be undone. */
export function Confirm({
  open,
  onOpenChange,
  title,
  children,
  yes,
  no,
  onYes,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  children: ReactNode;
  yes: string;
  no: string;
  onYes: () => void;
}) {
  return (
    <AlertDialog.Root open={open} onOpenChange={onOpenChange}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fixed inset-0 z-40 bg-black/45" />
        <AlertDialog.Popup className="fixed top-1/2 left-1/2 z-50 w-[min(28rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 space-y-3 rounded-xl border border-line bg-raised p-5 shadow-xl">
          <AlertDialog.Title className="break-words font-semibold text-base">{title}</AlertDialog.Title>
          <AlertDialog.Description className="text-muted">{children}</AlertDialog.Description>
          <div className="flex justify-end gap-2 pt-2">
            <AlertDialog.Close className={buttonClass("quiet")}>{no}</AlertDialog.Close>
            <AlertDialog.Close className={buttonClass("danger")} onClick={onYes}>
              {yes}
            </AlertDialog.Close>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
