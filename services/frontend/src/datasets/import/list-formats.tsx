import { t } from "@/messages";
import { Card } from "@/ui/card";

const FORMATS = ["csv", "diffsynth", "musubi", "huggingFace", "none"] as const;

/** What a list of clips looks like. */
export function ListFormats() {
  return (
    <Card title={t("datasets.formats.title")}>
      <div className="space-y-3">
        <pre className="overflow-x-auto rounded-md bg-sunken px-3 py-2 font-mono text-xs leading-5">
          {t("datasets.formats.example")}
        </pre>
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-xs">
          {FORMATS.map((format) => (
            <div key={format} className="contents">
              <dt className="font-medium">{t(`datasets.formats.${format}.name`)}</dt>
              <dd className="text-muted">{t(`datasets.formats.${format}.columns`)}</dd>
            </div>
          ))}
        </dl>
        <p className="text-muted text-xs">{t("datasets.formats.paths")}</p>
      </div>
    </Card>
  );
}
