import type { Metadata } from "next";
import { Suspense } from "react";
import { DatasetScreen } from "@/datasets/dataset-screen";
import { t } from "@/messages";

export const metadata: Metadata = { title: t("app.title", { page: t("datasets.one") }) };

export default function Page() {
  return (
    <Suspense>
      <DatasetScreen />
    </Suspense>
  );
}
