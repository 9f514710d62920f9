/** A sentence of the server's, with what stands in backticks as code. */
export function Prose({ text }: { text: string }) {
  return text.split("`").map((part, i) =>
    i % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one sentence never move
      <code key={i} className="font-mono text-[0.95em]">
        {part}
      </code>
    ) : (
      part
    ),
  );
}
