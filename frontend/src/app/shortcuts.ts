import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useLook } from "./look";
import type { PageEntry } from "./pages";
import { carried } from "./search";

/** `g` waits this long for the letter of a page. */
const CHORD_MS = 1500;

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Keys that work on every page. A single key can be switched off; `Ctrl K` cannot. */
export function useShortcuts({ openPalette, pages }: { openPalette: () => void; pages: PageEntry[] }): void {
  const navigate = useNavigate();
  const search = useSearch({ strict: false });
  const { shortcuts } = useLook();
  const goneAt = useRef(0);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        openPalette();
        return;
      }
      if (!shortcuts || event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector("[role=dialog]")) return;
      if (event.key === "?") openPalette();
      else if (event.key === "g") goneAt.current = Date.now();
      else if (Date.now() - goneAt.current < CHORD_MS) {
        const page = pages.find(({ key }) => key === event.key);
        goneAt.current = 0;
        if (page) void navigate({ to: page.to, search: carried(search) as never });
      } else if (event.key === "/") {
        const field = document.querySelector<HTMLElement>("[type=search], [data-search] input");
        if (field) {
          event.preventDefault();
          field.focus();
        }
      } else {
        dispatchEvent(new CustomEvent("stratum.key", { detail: event.key }));
      }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [navigate, search, shortcuts, openPalette, pages]);
}

/** A single key of a page. */
export function useKey(key: string, act: () => void): void {
  const kept = useRef(act);
  kept.current = act;
  useEffect(() => {
    const hear = (event: Event) => {
      if ((event as CustomEvent<string>).detail === key) kept.current();
    };
    addEventListener("stratum.key", hear);
    return () => removeEventListener("stratum.key", hear);
  }, [key]);
}
