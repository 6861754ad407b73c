/** What a person chose for this browser: language, digits, theme, single-key shortcuts. */
import { useSyncExternalStore } from "react";

type Language = "en" | "ar";
export type Theme = "system" | "light" | "dark";

export interface Look {
  language: Language;
  theme: Theme;
  /** Arabic-Indic digits in Arabic. */
  arabicDigits: boolean;
  shortcuts: boolean;
}

const KEPT = "stratum.look";

function read(): Look {
  let kept: Partial<Look> = {};
  try {
    kept = (JSON.parse(localStorage.getItem(KEPT) ?? "{}") ?? {}) as Partial<Look>;
  } catch {
    // What cannot be read is as if nothing had been chosen.
  }
  return {
    language: kept.language ?? (navigator.language.startsWith("ar") ? "ar" : "en"),
    theme: kept.theme ?? "system",
    arabicDigits: kept.arabicDigits ?? false,
    shortcuts: kept.shortcuts ?? true,
  };
}

let current = read();
const listeners = new Set<() => void>();

function show(look: Look): void {
  const root = document.documentElement;
  root.lang = look.language;
  root.dir = look.language === "ar" ? "rtl" : "ltr";
  if (look.theme === "system") delete root.dataset.theme;
  else root.dataset.theme = look.theme;
}

function take(look: Look): void {
  current = look;
  show(look);
  for (const listener of listeners) listener();
}

export function choose(change: Partial<Look>): void {
  take({ ...current, ...change });
  localStorage.setItem(KEPT, JSON.stringify(current));
}

addEventListener("storage", ({ key }) => {
  if (key === KEPT) take(read());
});

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLook(): Look {
  return useSyncExternalStore(subscribe, () => current);
}

/** The locale that formats: the browser's region where its language is the chosen one. */
export function localeOf({ language, arabicDigits }: Look, browser = navigator.language): string {
  const base = browser.startsWith(language) ? browser : language === "ar" ? "ar-EG" : "en-GB";
  return language === "ar" ? `${base.split("-u-")[0]}-u-nu-${arabicDigits ? "arab" : "latn"}` : base;
}
