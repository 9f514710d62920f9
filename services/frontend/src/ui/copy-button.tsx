"use client";

import { useState } from "react";
import { t } from "@/messages";
import { Button } from "./button";
import { Check, Copy } from "./icons";

const SHOWN_MS = 1_500;

export function CopyButton({ text, children }: { text: string; children: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await writeClipboard(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return (
    <Button tone="bare" small icon={copied ? <Check /> : <Copy />} onClick={copy}>
      {copied ? t("common.copied") : children}
    </Button>
  );
}

/** Off localhost a plain-http page has no clipboard API; the old way still works. */
async function writeClipboard(text: string) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
