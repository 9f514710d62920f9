"use client";

import { Activity, type ReactNode } from "react";
import { useSession } from "./queries";
import { SignIn } from "./sign-in";

/**
 * The page, or the question for the token. A page that loses its session is only hidden: it asks nothing meanwhile, holds
 * no live socket, and goes on where it was, with what was typed into its fields.
 */
export function SessionGate({ children }: { children: ReactNode }) {
  const { data: session } = useSession();
  const isShut = session?.required && !session.signed_in;
  return (
    <>
      {isShut && <SignIn />}
      <Activity mode={isShut ? "hidden" : "visible"}>{children}</Activity>
    </>
  );
}
