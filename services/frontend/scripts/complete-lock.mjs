// npm leaves optional packages of other platforms out of the lock where the registry does not hold them, and `npm ci` then
// refuses the lock. This adds an entry (version, os, cpu, optional) for each optional dependency that the lock names but lacks.
// Run it after each `npm install`: npm run lock.
import { readFileSync, writeFileSync } from "node:fs";

const path = process.argv[2] ?? "package-lock.json";
const OS = ["darwin", "linux", "win32", "freebsd", "android", "openbsd", "netbsd", "sunos", "aix", "openharmony"];
const CPU = {
  arm: "arm",
  arm64: "arm64",
  armv7: "arm",
  ia32: "ia32",
  loong64: "loong64",
  mips64el: "mips64el",
  ppc64: "ppc64",
  ppc64le: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  wasm32: "wasm32",
  x64: "x64",
};

const lock = JSON.parse(readFileSync(path, "utf8"));
let added = 0;
for (const [parent, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (lock.packages[key] || lock.packages[`${parent}/${key}`]) continue;
    const words = name.split(/[-/@]/);
    const os = OS.filter((known) => words.includes(known));
    const cpu = words.map((word) => CPU[word]).filter(Boolean);
    lock.packages[key] = {
      version: version.replace(/^[\^~]/, ""),
      ...(cpu.length && { cpu }),
      optional: true,
      ...(os.length && { os }),
    };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} entries added to ${path}`);
