import { expect, test } from "vitest";
import { literalsIn } from "./literals.mjs";

const textsOf = (source: string, path = "page.tsx") => literalsIn(path, source).map(({ text }) => text);

test("a text that is planted in a page is found, with its line", () => {
  const page = `import { Card } from "@/ui/card";

export const Page = () => <Card title={t("run.title")}>Train a LoRA</Card>;
`;
  expect(literalsIn("page.tsx", page)).toEqual([{ line: 3, text: "Train a LoRA" }]);
});

test.each([
  ['<input aria-label="Folder" />', "Folder"],
  ["<input placeholder={'Folder'} />", "Folder"],
  ["<a title={open ? t('run.title') : 'close'}>{x}</a>", "close"],
  ["<p>{open && 'open'}</p>", "open"],
  ["<p>{name ?? `run ${id}`}</p>", "run \uFFFC"],
])("one word is enough where a person reads it: %s", (source, text) => {
  expect(textsOf(`const page = ${source};`)).toEqual([text]);
});

test.each([
  ['const said = "It was stopped.";', "It was stopped."],
  ['const said = () => "Stopped.";', "Stopped."],
  ["const left = `${time} left`;", "\uFFFC left"],
  ['const button = { action: "stop", label: "Stop" };', "Stop"],
  ['throw new ApiError(0, { code: "gone", message: "Gone." });', "Gone."],
])("text made in a function is found: %s", (source, text) => {
  expect(textsOf(source, "state-text.ts")).toEqual([text]);
});

test.each([
  'import { t } from "@/the other messages";',
  '"use client";',
  'const tone = "rounded-md border border-line bg-raised px-3";',
  "const row = `grid items-center ${open ? 'gap-2 truncate' : ''}`;",
  '<div className="block truncate" style={{ transform: `translateY(${px}px) rotate` }} data-testid="one two" />;',
  '<p>{state === "failed" ? t("run.failed") : null} · </p>;',
  'const is = event.key === "Escape" ? 1 : 0;',
  'useQuery({ queryKey: ["metrics extent", id] });',
  "const url = `/api/runs/${id}/export?format=${format}`;",
  'throw new Error("useLive is used outside LiveProvider");',
  'type State = "Not Yet" | "Done";',
  'const LINKS = [{ href: "/", label: "runs.title" }];',
])("code is no text: %s", (source) => {
  expect(textsOf(source)).toEqual([]);
});
