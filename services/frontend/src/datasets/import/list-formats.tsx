import { Card } from "@/ui/card";

const FORMATS = [
  ["CSV or TSV", "file_path, caption, media_type"],
  ["DiffSynth", "metadata.csv, .json or .jsonl: video or image, prompt"],
  ["musubi", ".jsonl: video_path or image_path, caption"],
  ["Hugging Face", "metadata.jsonl: file_name, text"],
  ["No list", "a folder of clips, each with a .txt beside it"],
] as const;

const EXAMPLE = `video,prompt
clips/0001.mp4,a red tram crosses the square in the rain
clips/0002.mp4,a dog shakes water from its coat
stills/7.jpg,"a harbour at dusk, seen from a roof"`;

/** What a list of clips looks like. */
export function ListFormats() {
  return (
    <Card title="What a list looks like">
      <div className="space-y-3">
        <pre className="overflow-x-auto rounded-md bg-sunken px-3 py-2 font-mono text-xs leading-5">{EXAMPLE}</pre>
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-xs">
          {FORMATS.map(([name, what]) => (
            <div key={name} className="contents">
              <dt className="font-medium">{name}</dt>
              <dd className="text-muted">{what}</dd>
            </div>
          ))}
        </dl>
        <p className="text-muted text-xs">
          Paths may be absolute, or relative to the folder. What cannot be used is listed with its line and the reason;
          the rest is imported.
        </p>
      </div>
    </Card>
  );
}
