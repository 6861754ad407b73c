/** Texts, loaded as the page needs them: those of its entrance, of its first page, of the others, of refusals. */
import entrance from "../lang/en-entrance.json";

type Messages = Record<string, unknown>;
export type Group = "entrance" | "first" | "rest" | "status" | "faults";
type Language = "en" | "ar";
type Loader = () => Promise<{ default: unknown }>;

const FILES: Record<Language, Record<Group, Loader>> = {
  en: {
    entrance: () => Promise.resolve({ default: entrance }),
    first: () => import("../lang/en-first.json"),
    rest: () => import("../lang/en-rest.json"),
    status: () => import("../lang/en-status.json"),
    faults: () => import("../lang/en-faults.json"),
  },
  ar: {
    entrance: () =>
      Promise.all([import("../lang/ar-entrance.json"), import("./arabic")]).then(([texts]) => texts),
    first: () => import("../lang/ar-first.json"),
    rest: () => import("../lang/ar-rest.json"),
    status: () => import("../lang/ar-status.json"),
    faults: () => import("../lang/ar-faults.json"),
  },
};

/** What is shown: a language, and all its texts that were wanted. */
export interface Shown {
  language: Language;
  messages: Messages;
}

const wanted = new Set<Group>(["entrance"]);
const loaded: Record<Language, Map<Group, Messages>> = { en: new Map(), ar: new Map() };
const listeners = new Set<() => void>();
let language: Language = "en";
let shown: Shown | null = null;

async function load(group: Group, of: Language): Promise<void> {
  if (loaded[of].has(group)) return;
  loaded[of].set(group, (await FILES[of][group]()).default as Messages);
}

/** Shows the language once all that is wanted is there; until then what was shown stays. */
async function show(): Promise<void> {
  const of = language;
  await Promise.all([...wanted].map((group) => load(group, of)));
  if (of !== language || [...wanted].some((group) => !loaded[of].has(group))) return;
  shown = { language: of, messages: Object.assign({}, ...loaded[of].values()) };
  for (const listener of listeners) listener();
}

export function speak(next: Language): void {
  if (next === language && shown) return;
  language = next;
  void show();
}

/** Resolves once the texts of this group are shown. */
export async function want(group: Group): Promise<void> {
  if (wanted.has(group) && loaded[language].has(group)) return;
  wanted.add(group);
  await show();
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const snapshot = (): Shown | null => shown;
