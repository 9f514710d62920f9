// The client's types, made from the backend's own OpenAPI document. With --check: fails where the committed file is not what it would make.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const frontend = join(dirname(fileURLToPath(import.meta.url)), "..");
const root = join(frontend, "../..");
const target = join(frontend, "src/api/schema.d.ts");
const own = join(root, ".venv/bin/python");
const python = process.env.PYTHON ?? (existsSync(own) ? own : "python3");

const document = execFileSync(python, ["-m", "services.backend.openapi"], {
  cwd: root,
  encoding: "utf8",
  maxBuffer: 1e8,
});
const options = { rootTypes: true, rootTypesNoSchemaPrefix: true, defaultNonNullable: false };
const made = `// Made by \`npm run api\` from the backend's OpenAPI document; not to be edited.\n${astToString(await openapiTS(JSON.parse(document), options))}`;

if (!process.argv.includes("--check")) {
  writeFileSync(target, made);
  console.log("wrote src/api/schema.d.ts");
} else if (readFileSync(target, "utf8") !== made) {
  console.error(
    "src/api/schema.d.ts is not what the backend's schemas make. Run `npm run api` in services/frontend and commit it.",
  );
  process.exit(1);
}
