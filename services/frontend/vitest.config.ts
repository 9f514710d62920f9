import { join } from "node:path";
import { defineConfig } from "vitest/config";

const resolve = { alias: { "@": join(import.meta.dirname, "src") } };

/** Only components need a document. */
export default defineConfig({
  test: {
    projects: [
      { resolve, test: { name: "functions", environment: "node", include: ["src/**/*.test.ts", "scripts/*.test.ts"] } },
      { resolve, test: { name: "components", environment: "happy-dom", include: ["src/**/*.test.tsx"] } },
    ],
  },
});
