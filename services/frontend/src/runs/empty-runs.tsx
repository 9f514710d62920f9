import Link from "next/link";
import { t } from "@/messages";
import { buttonClass } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";

const DEMO = "make demo";

/** The first screen of a new user: the two ways to a first run. */
export function EmptyRuns() {
  return (
    <div className="mx-auto max-w-2xl space-y-6 py-10 sm:py-16">
      <div className="space-y-1.5">
        <h1 className="font-semibold text-xl tracking-tight">{t("runs.empty.title")}</h1>
        <p className="text-muted">{t("runs.empty.meaning")}</p>
      </div>
      <ol className="divide-y divide-line rounded-lg border border-line bg-raised shadow-card">
        <li className="flex flex-wrap items-center gap-x-6 gap-y-3 p-4">
          <div className="min-w-0 flex-1 basis-64 space-y-0.5">
            <h2 className="font-medium">{t("runs.empty.startTitle")}</h2>
            <p className="text-muted">
              {t.rich("runs.empty.startText", { code: (chunks) => <code className="font-mono">{chunks}</code> })}
            </p>
          </div>
          <Link href="/new/" className={buttonClass("primary")}>
            {t("runs.empty.choosePreset")}
          </Link>
        </li>
        <li className="flex flex-wrap items-center gap-x-6 gap-y-3 p-4">
          <div className="min-w-0 flex-1 basis-64 space-y-0.5">
            <h2 className="font-medium">{t("runs.empty.demoTitle")}</h2>
            <p className="text-muted">{t("runs.empty.demoText")}</p>
          </div>
          <div className="flex items-center gap-1 rounded-md border border-edge bg-sunken py-0.5 pr-1 pl-3">
            <code className="font-mono">{DEMO}</code>
            <CopyButton text={DEMO}>{t("runs.empty.copy")}</CopyButton>
          </div>
        </li>
      </ol>
    </div>
  );
}
