import type { EventRead } from "@/api/schema";
import { t } from "@/messages";

export interface Told {
  title: string;
  text: string;
  tone: "plain" | "good" | "warning" | "bad";
}

/** A logged event in words. */
export function tell(event: EventRead): Told {
  const { body } = event;
  const attempt = String(event.attempt);
  const who =
    event.rank > 0 ? t("run.event.rank", { attempt, rank: String(event.rank) }) : t("run.attempt", { attempt });
  switch (event.type) {
    case "header": {
      const role = event.rank === -1 ? "launched" : event.rank === 0 ? "trainerStarted" : "rankStarted";
      return {
        title: t("run.event.title", { event: t(`run.event.${role}`), who }),
        text: event.rank === 0 ? versions(body.versions) : "",
        tone: "plain",
      };
    }
    case "end":
      return ending(event, who);
    case "warning":
    case "stall":
      return {
        title: spoken(word(body.code) || event.type),
        text: word(body.message),
        tone: event.type === "stall" ? "bad" : "warning",
      };
    default:
      return { title: spoken(event.type), text: word(body.message), tone: "plain" };
  }
}

function ending({ rank, body }: EventRead, who: string): Told {
  const reason = word(body.reason);
  const title = t("run.event.title", { event: rank === -1 ? t("run.event.allLeft") : spoken(reason), who });
  const text = word(body.message);
  if (rank === -1) return { title, text, tone: "plain" };
  return { title, text, tone: reason === "failed" ? "bad" : reason === "succeeded" ? "good" : "plain" };
}

const word = (value: unknown) => (typeof value === "string" ? value : "");

/** `stop_requested` as "Stop requested". */
const spoken = (code: string) => code.charAt(0).toUpperCase() + code.slice(1).replaceAll("_", " ");

function versions(value: unknown): string {
  if (typeof value !== "object" || value === null) return "";
  return Object.entries(value)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}
