import { expect, test } from "vitest";
import { pointsIn, windowQuery } from "./window-query";

test("a zoomed window is fetched with what lies beside it, as fine as it is shown", () => {
  expect(windowQuery(["a"], "k", "step", { from: 100, to: 200 }, false, 1000)).toEqual({
    run: ["a"],
    keys: ["k"],
    x: "step",
    buckets: 1500,
    from: 75,
    to: 225,
  });
});

test("open ends are left to the server", () => {
  const query = windowQuery(["a", "b"], "k", "wall", { from: 1.5, to: null }, true, 500);
  expect(query).toEqual({ run: ["a", "b"], keys: ["k"], x: "wall", buckets: 500, from: 1.5, attempts: "all" });
});

test("a chart's width asks for points in steps, and not for more than can be seen", () => {
  expect([0, 1, 250, 251, 5000].map(pointsIn)).toEqual([0, 250, 250, 500, 1500]);
});
