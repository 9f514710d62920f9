import type { NextConfig } from "next";

const developing = process.env.NODE_ENV === "development";

/** A static site in out/, which the backend serves. For development, scripts/dev.mjs puts a server before it. */
const config: NextConfig = {
  ...(developing ? {} : { output: "export" }),
  agentRules: false,
  trailingSlash: true,
  skipTrailingSlashRedirect: developing,
  outputFileTracingRoot: import.meta.dirname,
  images: { unoptimized: true },
  devIndicators: false,
};

export default config;
