import type { DatasetDetail } from "@/api/schema";
import { t } from "@/messages";
import { Card } from "@/ui/card";
import { Prose } from "@/ui/prose";

/** What the last import says of the source as a whole: what it took in another way than it may be meant, or passed over. */
export function ImportNotes({ notes }: { notes: DatasetDetail["notes"] }) {
  return (
    <Card title={t("datasets.notes.title")}>
      <ul className="space-y-1.5 text-xs">
        {notes.map(({ message, hint }) => (
          <li key={message} className="break-words">
            <Prose text={message} /> <Prose text={hint} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
