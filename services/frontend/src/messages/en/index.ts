import api from "./api";
import app from "./app";
import chart from "./chart";
import common from "./common";
import compare from "./compare";
import datasets from "./datasets";
import format from "./format";
import logs from "./logs";
import metrics from "./metrics";
import newRun from "./new-run";
import run from "./run";
import runs from "./runs";
import samples from "./samples";
import session from "./session";
import system from "./system";

/** Every string of the UI in English, by feature, in ICU's message syntax. Another language is another such table. */
export default {
  api,
  app,
  chart,
  common,
  compare,
  datasets,
  format,
  logs,
  metrics,
  newRun,
  run,
  runs,
  samples,
  session,
  system,
} as const;
