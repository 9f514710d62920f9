import type { NextConfig } from "next";

const developing = process.env.NODE_ENV === "development";
const backend = process.env.LORADECK_URL ?? "http://127.0.0.1:8642";

/** A static site in out/, which the backend serves. Only `npm run dev` has a server, and it passes /api on to a backend. */
const config: NextConfig = {
  ...(developing
    ? { rewrites: async () => [{ source: "/api/:path*", destination: `${backend}/api/:path*` }] }
    : { output: "export" }),
  agentRules: false,
  trailingSlash: true,
  skipTrailingSlashRedirect: developing,
  outputFileTracingRoot: import.meta.dirname,
  images: { unoptimized: true },
  devIndicators: false,
};

export default config;
