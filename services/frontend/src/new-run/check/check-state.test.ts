import { expect, test } from "vitest";
import type { AgentRead, TaskRead } from "@/api/schema";
import { type CheckFact, verdict, waitsFor, withFacts } from "./check-state";

const task = (state: TaskRead["state"], facts: unknown[] = [], offset = 0): TaskRead => ({
  id: "check-1",
  kind: "check",
  state,
  created_at: 0,
  progress: null,
  code: "",
  message: state === "failed" ? "It broke." : "",
  hint: "",
  facts: facts as TaskRead["facts"],
  offset,
});
const fact = (name: string, standing: CheckFact["standing"]) => ({
  type: "check",
  name,
  title: name,
  standing,
  limit_s: 10,
});
const agent = (online: boolean, alive: string[] = []): AgentRead => ({
  agent_id: "a",
  host: "a",
  gpus: [],
  alive,
  tasks: [],
  last_seen_at: 0,
  online,
});

test("facts bring checks up to date in the order in which they began", () => {
  const first = withFacts(undefined, task("running", [fact("disk", "running"), { type: "progress", done: 1 }], 40));
  const second = withFacts(first, task("running", [fact("disk", "ok"), fact("clip", "running")], 90));
  expect(second.checks.map(({ name, standing }) => [name, standing])).toEqual([
    ["disk", "ok"],
    ["clip", "running"],
  ]);
  expect(second.offset).toBe(90);
});

test("the verdict counts what is not in order", () => {
  const of = (state: TaskRead["state"], ...standings: CheckFact["standing"][]) =>
    verdict(
      withFacts(
        undefined,
        task(
          state,
          standings.map((standing, at) => fact(String(at), standing)),
        ),
      ),
    );
  expect(of("succeeded", "ok", "ok")).toBe("Fit for this run.");
  expect(of("succeeded", "ok", "warning")).toBe("Fit for this run, with one warning.");
  expect(of("succeeded", "failure", "warning", "skipped")).toBe("One check failed.");
  expect(of("stopped", "ok")).toBe("Stopped.");
  expect(of("failed")).toBe("It broke.");
});

test("what a check waits for is an agent, a run, or nothing", () => {
  expect(waitsFor([])).toContain("No agent is online");
  expect(waitsFor([agent(false, ["trams"])])).toContain("No agent is online");
  expect(waitsFor([agent(true, ["trams"])])).toContain("until the run trams has ended");
  expect(waitsFor([agent(true)])).toContain("in a moment");
});
