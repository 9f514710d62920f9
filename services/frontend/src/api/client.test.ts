// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { ApiError, api, asApiError, unwrap } from "./client";

afterEach(() => void vi.unstubAllGlobals());

const answer = (status: number, body: unknown) =>
  vi.stubGlobal(
    "fetch",
    async () => new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } }),
  );

test("a good answer is its body", async () => {
  answer(200, []);
  expect(await unwrap(api.GET("/api/runs"))).toEqual([]);
});

test("the error shape becomes an ApiError with its hint and field", async () => {
  answer(422, { code: "invalid_value", message: "height is 100.", hint: "Use 96 or 128.", field: "height" });
  const error = await unwrap(api.GET("/api/runs")).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 422, message: "height is 100.", hint: "Use 96 or 128.", field: "height" });
});

test("an answer of another shape still says something", async () => {
  answer(500, "oops");
  expect(await unwrap(api.GET("/api/runs")).catch((e: unknown) => e)).toMatchObject({
    message: "Loradeck answered 500.",
    unreachable: false,
  });
});

test("no answer is an unreachable error with something to do", async () => {
  vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("fetch failed")));
  const error = asApiError(await unwrap(api.GET("/api/runs")).catch((e: unknown) => e));
  expect(error.unreachable).toBe(true);
  expect(error.hint).not.toBe("");
});
