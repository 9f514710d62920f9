import Link from "next/link";
import { t } from "@/messages";
import { buttonClass } from "@/ui/button";

export default function NotFound() {
  return (
    <div className="grid place-items-center gap-4 py-24 text-center">
      <h1 className="font-semibold text-xl">{t("app.notFound")}</h1>
      <Link href="/" className={buttonClass()}>
        {t("runs.back")}
      </Link>
    </div>
  );
}
