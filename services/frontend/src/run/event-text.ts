import type { EventRead } from "@/api/schema";

export interface Told {
  title: string;
  text: string;
  tone: "plain" | "good" | "warning" | "bad";
}

/** A logged event in words. */
export function tell(event: EventRead): Told {
  const { body } = event;
  const who = `attempt ${event.attempt}${event.rank > 0 ? `, rank ${event.rank}` : ""}`;
  switch (event.type) {
    case "header": {
      const role = event.rank === -1 ? "Launched" : event.rank === 0 ? "Trainer started" : "Rank started";
      return { title: `${role} (${who})`, text: event.rank === 0 ? versions(body.versions) : "", tone: "plain" };
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
  const title = `${rank === -1 ? "All processes have left" : spoken(reason)} (${who})`;
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
