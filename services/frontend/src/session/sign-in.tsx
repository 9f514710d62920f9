"use client";

import { type FormEvent, useEffect, useRef, useState } from "react";
import { ApiError } from "@/api/client";
import { t } from "@/messages";
import { Button } from "@/ui/button";
import { Logo } from "@/ui/icons";
import { inputClass, Labelled } from "@/ui/labelled";
import { Prose } from "@/ui/prose";
import { ThemeButton } from "@/ui/theme";
import { useNow } from "@/ui/use-now";
import { useSignIn } from "./queries";

/** The one question that stands before all pages where Loradeck has a token. */
export function SignIn() {
  const signIn = useSignIn();
  const [token, setToken] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const { error, wait } = useRefusal(signIn.error, signIn.submittedAt);

  useEffect(() => field.current?.focus(), []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wait > 0 || signIn.isPending) return;
    signIn.mutate(token.trim(), { onError: () => field.current?.select() });
  };

  return (
    <div className="flex min-h-dvh flex-col">
      <div className="flex justify-end px-4 py-2.5 sm:px-6">
        <ThemeButton />
      </div>
      <main className="flex flex-1 flex-col items-center px-4 pt-[12vh] pb-10">
        <div className="w-full max-w-sm space-y-5">
          <div className="flex items-center justify-center gap-2.5 font-semibold text-lg tracking-tight">
            <Logo className="size-7" />
            {t("app.name")}
          </div>
          <form
            onSubmit={submit}
            aria-label={t("session.signIn")}
            className="space-y-4 rounded-xl border border-line bg-raised p-5 shadow-card"
          >
            <div className="space-y-1">
              <h1 className="font-semibold text-base tracking-tight">{t("session.signIn")}</h1>
              <p className="text-muted">
                <Prose text={t("session.help")} />
              </p>
            </div>
            <Labelled label={t("session.token")} error={error}>
              {(input) => (
                <input
                  {...input}
                  ref={field}
                  type="password"
                  autoComplete="current-password"
                  spellCheck={false}
                  required
                  value={token}
                  onChange={(event) => setToken(event.target.value)}
                  className={`h-9 font-mono ${inputClass}`}
                />
              )}
            </Labelled>
            <Button type="submit" tone="primary" busy={signIn.isPending} disabled={wait > 0} className="h-9 w-full">
              {wait > 0 ? t("session.wait", { seconds: String(wait) }) : t("session.signIn")}
            </Button>
          </form>
        </div>
      </main>
    </div>
  );
}

/** What was answered, and the seconds for which it is no use to try again; what asked to wait passes with them. */
function useRefusal(error: ApiError | null, askedAt: number): { error?: ApiError; wait: number } {
  const now = useNow();
  if (!error) return { wait: 0 };
  const { status, code, message, retryAfterS } = error;
  const wait = retryAfterS === null ? 0 : Math.max(0, Math.ceil(askedAt / 1_000 + retryAfterS - now));
  if (retryAfterS !== null && wait === 0) return { wait };
  const isSaidAbove = retryAfterS !== null || status === 401;
  return { error: isSaidAbove ? new ApiError(status, { code, message }) : error, wait };
}
