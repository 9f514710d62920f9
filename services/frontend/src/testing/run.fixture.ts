import type { RunRead } from "@/api/schema";

/** A queued run for tests, with what they change. */
export const aRun = (more: Partial<RunRead> = {}): RunRead => ({
  id: "tiny-wan-20260102-030405-abcdef",
  name: "tiny wan",
  model: "tiny-wan",
  wanted: "run",
  state: "queued",
  attempt: 0,
  code: "",
  message: "",
  created_at: 1_000,
  started_at: null,
  ended_at: null,
  last_event_at: null,
  step: 0,
  total_steps: null,
  phase: null,
  last: {},
  keys: [],
  seconds_per_step: null,
  seconds_left: null,
  warnings: 0,
  host: null,
  world_size: null,
  ...more,
});
