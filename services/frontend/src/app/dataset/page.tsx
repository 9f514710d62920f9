import type { Metadata } from "next";
import { Suspense } from "react";
import { DatasetScreen } from "@/datasets/dataset-screen";

export const metadata: Metadata = { title: "Data set · Loradeck" };

export default function Page() {
  return (
    <Suspense>
      <DatasetScreen />
    </Suspense>
  );
}
