import type { Metadata } from "next";
import { Suspense } from "react";
import { t } from "@/messages";
import { RunScreen } from "@/run/run-screen";

export const metadata: Metadata = { title: t("app.title", { page: t("run.title") }) };

export default function Page() {
  return (
    <Suspense>
      <RunScreen />
    </Suspense>
  );
}
