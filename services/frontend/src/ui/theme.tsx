"use client";

import { useSyncExternalStore } from "react";
import { t } from "@/messages";
import { Button } from "./button";
import { Monitor, Moon, Sun } from "./icons";

type Choice = "system" | "light" | "dark";

const NEXT: Record<Choice, Choice> = { system: "light", light: "dark", dark: "system" };
const ICON = { system: <Monitor />, light: <Sun />, dark: <Moon /> };
const KEY = "loradeck.theme";
const listeners = new Set<() => void>();

/** Runs before the first paint, so that a dark page never flashes white; follows the system until a choice is made. */
export const THEME_SCRIPT = `(function(){var q=matchMedia("(prefers-color-scheme: dark)");function set(){var c=null;try{c=localStorage.getItem("${KEY}")}catch(e){}document.documentElement.dataset.theme=c||(q.matches?"dark":"light")}window.__setTheme=set;set();q.addEventListener("change",set)})()`;

function read(): Choice {
  try {
    const held = localStorage.getItem(KEY);
    return held === "light" || held === "dark" ? held : "system";
  } catch {
    return "system";
  }
}

function choose(choice: Choice) {
  try {
    if (choice === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    // A browser that stores nothing keeps the system's theme.
  }
  (window as { __setTheme?: () => void }).__setTheme?.();
  for (const tell of listeners) tell();
}

function subscribe(tell: () => void) {
  listeners.add(tell);
  return () => void listeners.delete(tell);
}

export function ThemeButton() {
  const choice = useSyncExternalStore(subscribe, read, () => "system" as const);
  const label = t("app.theme", { theme: t(`app.themes.${choice}`) });
  return (
    <Button tone="bare" title={label} aria-label={label} className="w-8 px-0!" onClick={() => choose(NEXT[choice])}>
      {ICON[choice]}
    </Button>
  );
}
