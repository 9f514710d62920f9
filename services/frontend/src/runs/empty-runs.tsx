import Link from "next/link";
import { buttonClass } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";

/** The first screen of a new user: the two ways to a first run. */
export function EmptyRuns() {
  return (
    <div className="mx-auto max-w-2xl space-y-6 py-10 sm:py-16">
      <div className="space-y-1.5">
        <h1 className="font-semibold text-xl tracking-tight">No runs yet</h1>
        <p className="text-muted">
          A run trains one LoRA on one data set. It goes on when you close this page, and its steps appear here as they
          happen.
        </p>
      </div>
      <ol className="divide-y divide-line rounded-lg border border-line bg-raised shadow-card">
        <li className="flex flex-wrap items-center gap-x-6 gap-y-3 p-4">
          <div className="min-w-0 flex-1 basis-64 space-y-0.5">
            <h2 className="font-medium">Start a run</h2>
            <p className="text-muted">
              Choose a preset and a folder of clips with a <code className="font-mono">metadata.csv</code>.
            </p>
          </div>
          <Link href="/new/" className={buttonClass("primary")}>
            Choose a preset
          </Link>
        </li>
        <li className="flex flex-wrap items-center gap-x-6 gap-y-3 p-4">
          <div className="min-w-0 flex-1 basis-64 space-y-0.5">
            <h2 className="font-medium">Or see one first</h2>
            <p className="text-muted">
              The demo trains the tiny model on real clips, on the CPU, in a few minutes. Run it in the repository:
            </p>
          </div>
          <div className="flex items-center gap-1 rounded-md border border-edge bg-sunken py-0.5 pr-1 pl-3">
            <code className="font-mono">make demo</code>
            <CopyButton text="make demo">Copy</CopyButton>
          </div>
        </li>
      </ol>
    </div>
  );
}
