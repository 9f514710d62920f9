import type { Metadata } from "next";
import { Suspense } from "react";
import { CompareScreen } from "@/compare/compare-screen";

export const metadata: Metadata = { title: "Compare · Loradeck" };

export default function Page() {
  return (
    <Suspense>
      <CompareScreen />
    </Suspense>
  );
}
