import { Suspense } from "react";
import { RunsScreen } from "@/runs/runs-screen";

export default function Page() {
  return (
    <Suspense>
      <RunsScreen />
    </Suspense>
  );
}
