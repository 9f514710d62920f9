import type { Metadata } from "next";
import { Suspense } from "react";
import { DatasetsScreen } from "@/datasets/datasets-screen";

export const metadata: Metadata = { title: "Data sets · Loradeck" };

export default function Page() {
  return (
    <Suspense>
      <DatasetsScreen />
    </Suspense>
  );
}
