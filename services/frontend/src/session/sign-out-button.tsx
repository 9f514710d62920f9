"use client";

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
      title="Sign out"
      aria-label="Sign out"
      icon={<Leave />}
      busy={signOut.isPending}
      className="w-8 px-0!"
      onClick={() => signOut.mutate()}
    />
  );
}
