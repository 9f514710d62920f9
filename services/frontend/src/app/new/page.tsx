import type { Metadata } from "next";
import { Suspense } from "react";
import { NewRunScreen } from "@/new-run/new-run-screen";

export const metadata: Metadata = { title: "New run · Loradeck" };

export default function Page() {
  return (
    <Suspense>
      <NewRunScreen />
    </Suspense>
  );
}
