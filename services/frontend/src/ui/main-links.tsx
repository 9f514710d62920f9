"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { t } from "@/messages";

const LINKS = [
  { href: "/", label: "runs.title", below: ["/", "/run/", "/new/", "/compare/"] },
  { href: "/datasets/", label: "datasets.title", below: ["/datasets/", "/dataset/"] },
] as const;

/** The two halves of the page; the one that is open is marked. */
export function MainLinks() {
  const path = usePathname();
  const here = path.endsWith("/") ? path : `${path}/`;
  return LINKS.map(({ href, label, below }) => (
    <Link
      key={href}
      href={href}
      aria-current={below.some((one) => one === here) ? "page" : undefined}
      className="whitespace-nowrap rounded-md px-2 py-1 text-muted hover:bg-sunken hover:text-ink aria-[current=page]:font-medium aria-[current=page]:text-ink"
    >
      {t(label)}
    </Link>
  ));
}
