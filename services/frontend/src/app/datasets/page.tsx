import type { Metadata } from "next";
import { Suspense } from "react";
import { DatasetsScreen } from "@/datasets/datasets-screen";
import { t } from "@/messages";

export const metadata: Metadata = { title: t("app.title", { page: t("datasets.title") }) };

export default function Page() {
  return (
    <Suspense>
      <DatasetsScreen />
    </Suspense>
  );
}
