"use client";

import { t } from "@/messages";

import { Button } from "@/ui/button";
import { Leave } from "@/ui/icons";
import { useSession, useSignOut } from "./queries";

/** Nothing where no token is asked for. */
export function SignOutButton() {
  const { data: session } = useSession();
  const signOut = useSignOut();
  if (!session?.signed_in) return null;
  return (
    <Button
      tone="bare"
      title={t("session.signOut")}
      aria-label={t("session.signOut")}
      icon={<Leave />}
      busy={signOut.isPending}
      className="w-8 px-0!"
      onClick={() => signOut.mutate()}
    />
  );
}
