import type { Metadata } from "next";
import { Suspense } from "react";
import { RunScreen } from "@/run/run-screen";

export const metadata: Metadata = { title: "Run · Loradeck" };

export default function Page() {
  return (
    <Suspense>
      <RunScreen />
    </Suspense>
  );
}
