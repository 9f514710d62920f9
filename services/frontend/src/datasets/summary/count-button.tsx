import type { ReactNode } from "react";

interface Props {
  /** Whether the grid shows these rows alone. */
  chosen: boolean;
  onChoose: () => void;
  children: ReactNode;
}

/** A count of rows that shows them in the grid. */
export function CountButton({ chosen, onChoose, children }: Props) {
  return (
    <button
      type="button"
      aria-pressed={chosen}
      onClick={onChoose}
      className={`rounded border px-1.5 py-0.5 tabular-nums hover:bg-sunken ${
        chosen ? "border-accent bg-sunken font-medium" : "border-edge bg-raised"
      }`}
    >
      {children}
    </button>
  );
}
