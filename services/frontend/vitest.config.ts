import { join } from "node:path";
import { defineConfig } from "vitest/config";

const resolve = { alias: { "@": join(import.meta.dirname, "src") } };

/** How long a test may take on a machine that has other work, too. */
const testTimeout = 60_000;

/** Only components need a document. */
export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        test: {
          name: "functions",
          testTimeout,
          environment: "node",
          include: ["src/**/*.test.ts", "scripts/*.test.ts"],
        },
      },
      {
        resolve,
        test: {
          name: "components",
          testTimeout,
          environment: "happy-dom",
          include: ["src/**/*.test.tsx"],
          setupFiles: ["src/testing/setup.ts"],
        },
      },
    ],
  },
});
