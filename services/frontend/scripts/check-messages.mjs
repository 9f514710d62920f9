// Fails where text for people is written outside the catalogue, src/messages, or where a key of it is used nowhere.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { literalsIn } from "./literals.mjs";
import { keysOf, unusedKeys } from "./message-keys.mjs";

const root = join(import.meta.dirname, "..");
const tables = join(root, "src/messages/en");
const read = (path) => ({ path: relative(root, path), source: readFileSync(path, "utf8") });

const files = readdirSync(join(root, "src"), { recursive: true })
  .map((name) => join(root, "src", name))
  .filter((path) => /\.tsx?$/.test(path) && !/\.(test|fixture)\.|\/testing\/|\/messages\/en\/|\.d\.ts$/.test(path))
  .map(read);

const keys = readdirSync(tables)
  .filter((name) => name !== "index.ts")
  .flatMap((name) => {
    const feature = name.replace(".ts", "").replace(/-./g, (dash) => dash[1].toUpperCase());
    return keysOf(readFileSync(join(tables, name), "utf8")).map((key) => `${feature}.${key}`);
  });

const literals = files.flatMap(({ path, source }) =>
  literalsIn(path, source).map(({ line, text }) => `${path}:${line} ${JSON.stringify(text)}`),
);
const unused = unusedKeys(keys, files);

if (literals.length > 0) {
  console.error(
    `Text for people belongs into src/messages (or, where it is code, into the lists of scripts/literals.mjs):`,
  );
  console.error(literals.join("\n"));
}
if (unused.length > 0) console.error(`Keys of src/messages that nothing uses:\n${unused.join("\n")}`);
process.exit(literals.length + unused.length > 0 ? 1 : 0);
