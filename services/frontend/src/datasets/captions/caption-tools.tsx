"use client";

import { Dialog } from "@base-ui/react/dialog";
import { type FormEvent, useState } from "react";
import { asApiError } from "@/api/client";
import { errorAt } from "@/api/field-error";
import { filterOf, type GridView, isFiltered } from "@/datasets/grid/grid-view";
import { type CaptionsChange, useCaptionsChange } from "@/datasets/item-queries";
import { t } from "@/messages";
import { Button, buttonClass } from "@/ui/button";
import { Cross } from "@/ui/icons";
import { inputClass, Labelled } from "@/ui/labelled";
import { ErrorNotice } from "@/ui/notice";
import { CaptionChanges } from "./caption-changes";

type Tool = CaptionsChange["tool"];

const TOOLS: readonly Tool[] = ["replace", "trigger"];

/** Change many captions at once. What would change is shown before it is done, and undo takes it back. */
export function CaptionTools({ datasetId, view }: { datasetId: number; view: GridView }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger className={buttonClass("quiet")}>{t("datasets.captions.title")}</Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/45" />
        <Dialog.Popup className="fixed inset-0 z-50 m-auto flex h-fit max-h-[94dvh] w-[min(44rem,96vw)] flex-col rounded-xl border border-line bg-raised shadow-xl">
          <header className="flex items-center gap-3 border-line border-b px-4 py-2.5">
            <Dialog.Title className="flex-1 font-semibold">{t("datasets.captions.title")}</Dialog.Title>
            <Dialog.Close className={`${buttonClass("bare", true)} w-7 px-0!`} aria-label={t("common.close")}>
              <Cross />
            </Dialog.Close>
          </header>
          <Tools datasetId={datasetId} view={view} onDone={() => setOpen(false)} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Tools({ datasetId, view, onDone }: { datasetId: number; view: GridView; onDone: () => void }) {
  const [tool, setTool] = useState<Tool>("replace");
  const [find, setFind] = useState("");
  const [replace, setReplace] = useState("");
  const [regex, setRegex] = useState(false);
  const [matchCase, setMatchCase] = useState(false);
  const [word, setWord] = useState("");
  const [place, setPlace] = useState<"front" | "end">("front");
  const [all, setAll] = useState(!isFiltered(view));
  const dry = useCaptionsChange(datasetId);
  const change = useCaptionsChange(datasetId);
  const failure = change.error ?? dry.error;
  const error = failure ? asApiError(failure) : null;

  const wish = (dry_run: boolean): CaptionsChange => {
    const filter = all ? { kind: "all" as const, state: "all" as const, q: "" } : filterOf(view);
    return tool === "replace"
      ? { tool, body: { find, replace, regex, match_case: matchCase, filter, dry_run } }
      : { tool, body: { word, place, filter, dry_run } };
  };
  /** What was shown is of another wish. */
  const anew = (set: () => void) => {
    set();
    dry.reset();
    change.reset();
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (dry.data) change.mutate(wish(false), { onSuccess: onDone });
    else dry.mutate(wish(true));
  };

  const ready = tool === "replace" ? find !== "" : word.trim() !== "";
  return (
    <form onSubmit={submit} noValidate className="min-h-0 space-y-3 overflow-y-auto p-4">
      <fieldset className="flex gap-1">
        <legend className="sr-only">{t("datasets.captions.tool")}</legend>
        {TOOLS.map((one) => (
          <Button
            key={one}
            small
            tone={one === tool ? "quiet" : "bare"}
            aria-pressed={one === tool}
            onClick={() => anew(() => setTool(one))}
          >
            {t(`datasets.captions.tools.${one}`)}
          </Button>
        ))}
      </fieldset>
      {tool === "replace" ? (
        <div className="grid gap-3 sm:grid-cols-2">
          <Labelled label={t("datasets.captions.find")} error={errorAt(error, "find")} name="find">
            {(aria) => (
              <input
                {...aria}
                value={find}
                spellCheck={false}
                autoComplete="off"
                onChange={({ target }) => anew(() => setFind(target.value))}
                className={`h-8 ${inputClass} ${regex ? "font-mono" : ""}`}
              />
            )}
          </Labelled>
          <Labelled
            label={t("datasets.captions.replaceBy")}
            help={regex ? t("datasets.captions.groupHelp") : undefined}
            error={errorAt(error, "replace")}
            name="replace"
          >
            {(aria) => (
              <input
                {...aria}
                value={replace}
                spellCheck={false}
                autoComplete="off"
                placeholder={t("datasets.captions.nothing")}
                onChange={({ target }) => anew(() => setReplace(target.value))}
                className={`h-8 ${inputClass} ${regex ? "font-mono" : ""}`}
              />
            )}
          </Labelled>
          <div className="flex flex-wrap gap-x-5 gap-y-1 sm:col-span-2">
            <Switch label={t("datasets.captions.regex")} on={regex} onChange={(on) => anew(() => setRegex(on))} />
            <Switch
              label={t("datasets.captions.matchCase")}
              on={matchCase}
              onChange={(on) => anew(() => setMatchCase(on))}
            />
          </div>
        </div>
      ) : (
        <div className="grid gap-3 sm:grid-cols-2">
          <Labelled
            label={t("datasets.captions.tools.trigger")}
            help={t("datasets.captions.triggerHelp")}
            error={errorAt(error, "word")}
            name="word"
          >
            {(aria) => (
              <input
                {...aria}
                value={word}
                spellCheck={false}
                autoComplete="off"
                onChange={({ target }) => anew(() => setWord(target.value))}
                className={`h-8 ${inputClass}`}
              />
            )}
          </Labelled>
          <Labelled label={t("datasets.captions.where")}>
            {(aria) => (
              <select
                {...aria}
                value={place}
                onChange={({ target }) => anew(() => setPlace(target.value as typeof place))}
                className={`h-8 ${inputClass}`}
              >
                <option value="front">{t("datasets.captions.before")}</option>
                <option value="end">{t("datasets.captions.behind")}</option>
              </select>
            )}
          </Labelled>
        </div>
      )}
      {isFiltered(view) && (
        <Switch label={t("datasets.captions.inAll")} on={all} onChange={(on) => anew(() => setAll(on))} />
      )}
      {error && !errorAt(error, "find", "replace", "word") && <ErrorNotice error={error} />}
      {dry.data && <CaptionChanges of={dry.data} />}
      <div className="flex justify-end gap-2">
        {dry.data && (
          <Button tone="bare" onClick={() => dry.reset()}>
            {t("datasets.captions.back")}
          </Button>
        )}
        <Button
          type="submit"
          tone="primary"
          busy={dry.isPending || change.isPending}
          disabled={!ready || dry.data?.changed === 0}
        >
          {dry.data ? t("datasets.captions.change", { captions: dry.data.changed }) : t("datasets.captions.preview")}
        </Button>
      </div>
    </form>
  );
}

function Switch({ label, on, onChange }: { label: string; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <label className="flex items-center gap-2 text-xs">
      <input type="checkbox" checked={on} onChange={({ target }) => onChange(target.checked)} />
      {label}
    </label>
  );
}
