import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { Providers } from "@/app/providers";
import { useRuns } from "@/runs/queries";
import { SignOutButton } from "./sign-out-button";

vi.mock("partysocket/ws", async () => ({ default: (await import("@/testing/silent-socket")).SilentSocket }));
vi.mock("nuqs/adapters/next/app", () => ({ NuqsAdapter: ({ children }: { children: React.ReactNode }) => children }));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const TOKEN = "the-token-of-this-test";

/** A Loradeck that knows one token and whether its browser is signed in. */
function answerAs(server: { required: boolean; signedIn: boolean; tries: number; away?: boolean }) {
  const json = (status: number, body: unknown, headers = {}) => new Response(JSON.stringify(body), { status, headers });
  vi.stubGlobal("fetch", async (request: Request) => {
    if (server.away) throw new TypeError("fetch failed");
    const path = new URL(request.url, location.href).pathname;
    if (path === "/api/session" && request.method === "POST") {
      if (server.tries-- <= 0) {
        const body = { code: "too_many_tries", message: "Too many wrong tokens have come from here.", hint: "Wait." };
        return json(429, body, { "retry-after": "1" });
      }
      if ((await request.json()).token !== TOKEN) {
        return json(401, { code: "wrong_token", message: "This is not the token.", hint: "It is elsewhere." });
      }
      server.signedIn = true;
    }
    if (path === "/api/session") return json(200, { required: server.required, signed_in: server.signedIn });
    if (server.required && !server.signedIn) return json(401, { code: "token_required", message: "No.", hint: "" });
    return json(200, []);
  });
  return server;
}

function Page() {
  const { data, refetch } = useRuns();
  const [text, setText] = useState("");
  return (
    <>
      <SignOutButton />
      <input aria-label="Draft" value={text} onChange={(event) => setText(event.target.value)} />
      {data && <p>the runs</p>}
      <button type="button" onClick={() => void refetch()}>
        Again
      </button>
    </>
  );
}

const show = () =>
  render(
    <Providers>
      <Page />
    </Providers>,
  );

const signIn = (token: string) => {
  fireEvent.change(screen.getByLabelText("Token"), { target: { value: token } });
  fireEvent.submit(screen.getByRole("form", { name: "Sign in" }));
};

test("where no token is asked for, nothing is said of one", async () => {
  answerAs({ required: false, signedIn: false, tries: 5 });
  show();
  await screen.findByText("the runs");
  expect(screen.queryByRole("form")).toBeNull();
  expect(screen.queryByLabelText("Sign out")).toBeNull();
});

test("the token opens the page, spaces around it or not", async () => {
  answerAs({ required: true, signedIn: false, tries: 5 });
  show();
  await screen.findByRole("form");
  expect(screen.queryByText("the runs")).toBeNull();
  signIn(` ${TOKEN}\n`);
  await screen.findByText("the runs");
  expect(screen.queryByRole("form")).toBeNull();
  await screen.findByLabelText("Sign out");
});

test("a wrong token is said at the field", async () => {
  answerAs({ required: true, signedIn: false, tries: 5 });
  show();
  await screen.findByRole("form");
  signIn("a wrong one");
  expect((await screen.findByRole("alert")).textContent?.trim()).toBe("This is not the token.");
  signIn(TOKEN);
  await screen.findByText("the runs");
});

test("after too many tries it says how long to wait, and then lets try again", async () => {
  const server = answerAs({ required: true, signedIn: false, tries: 0 });
  show();
  await screen.findByRole("form");
  signIn(TOKEN);
  const button = await screen.findByRole("button", { name: /Wait \d s/ });
  expect(button.hasAttribute("disabled")).toBe(true);
  expect(screen.getByRole("alert").textContent).toContain("Too many wrong tokens");
  server.tries = 5;
  await screen.findByRole("button", { name: "Sign in" }, { timeout: 5_000 });
  expect(screen.queryByRole("alert")).toBeNull();
  signIn(TOKEN);
  await screen.findByText("the runs");
});

test("a backend that is away is said with what to do", async () => {
  const server = answerAs({ required: true, signedIn: false, tries: 5 });
  show();
  await screen.findByRole("form");
  server.away = true;
  signIn(TOKEN);
  expect((await screen.findByRole("alert")).textContent).toBe(
    "Loradeck cannot be reached. Check that it is running, then try again.",
  );
});

test("a page that loses its session comes back with what was typed", async () => {
  const server = answerAs({ required: true, signedIn: true, tries: 5 });
  show();
  await screen.findByText("the runs");
  fireEvent.change(screen.getByLabelText("Draft"), { target: { value: "half a thought" } });
  server.signedIn = false;
  fireEvent.click(screen.getByText("Again"));
  await screen.findByRole("form");
  signIn(TOKEN);
  await waitFor(() => expect(screen.queryByRole("form")).toBeNull());
  expect((screen.getByLabelText("Draft") as HTMLInputElement).value).toBe("half a thought");
});
