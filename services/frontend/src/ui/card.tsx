import type { ReactNode } from "react";
import { count } from "./format";

/** A titled section with a hairline around it. */
export function Card({
  title,
  aside,
  children,
  flush = false,
  className = "",
}: {
  title: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
  /** Without padding: rows reach the edge. */
  flush?: boolean;
  className?: string;
}) {
  return (
    <section className={`min-w-0 overflow-hidden rounded-lg border border-line bg-raised shadow-card ${className}`}>
      <header className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-line border-b px-3.5 py-1.5">
        <h2 className="font-medium">{title}</h2>
        {aside && <div className="ml-auto flex min-w-0 flex-wrap items-center gap-2">{aside}</div>}
      </header>
      <div className={flush ? "" : "p-3.5"}>{children}</div>
    </section>
  );
}

/** What is said where nothing is there yet. */
export function Nothing({ children }: { children: ReactNode }) {
  return <p className="px-3.5 py-3 text-muted text-xs">{children}</p>;
}

/** How many items a card lists, beside its title; nothing where it lists none. */
export function ItemCount({ of }: { of: number }) {
  return of > 0 ? <span className="text-muted text-xs tabular-nums">{count(of)}</span> : null;
}
