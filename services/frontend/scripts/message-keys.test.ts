import { expect, test } from "vitest";
import { keysOf, unusedKeys } from "./message-keys.mjs";

const TABLE = `export default { title: "Runs", state: { queued: "queued", "not-yet": "not yet" } } as const;`;

test("the keys of a table are the ways to its texts", () => {
  expect(keysOf(TABLE)).toEqual(["title", "state.queued", "state.not-yet"]);
});

test("a key that nothing names is found; a template names all that it may become", () => {
  const keys = ["runs.title", "runs.state.queued", "runs.state.lost.name", "runs.old"];
  const source = "const all = [t('runs.title'), t(`runs.state.${state}`), t(`runs.state.${state}.name`), `${a}.old`];";
  expect(unusedKeys(keys, [{ path: "page.tsx", source }])).toEqual(["runs.old"]);
});
