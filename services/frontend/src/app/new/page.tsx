import type { Metadata } from "next";
import { Suspense } from "react";
import { t } from "@/messages";
import { NewRunScreen } from "@/new-run/new-run-screen";

export const metadata: Metadata = { title: t("app.title", { page: t("newRun.title") }) };

export default function Page() {
  return (
    <Suspense>
      <NewRunScreen />
    </Suspense>
  );
}
