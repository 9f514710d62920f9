import type { Metadata } from "next";
import { Suspense } from "react";
import { CompareScreen } from "@/compare/compare-screen";
import { t } from "@/messages";

export const metadata: Metadata = { title: t("app.title", { page: t("compare.title") }) };

export default function Page() {
  return (
    <Suspense>
      <CompareScreen />
    </Suspense>
  );
}
