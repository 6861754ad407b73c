// Parts the compiled texts by when the page needs them: at its entrance, for its first page, for the others.
// A text belongs to the first group one of whose sources names it, in full or by its beginning.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

type Messages = Record<string, unknown>;

const ENTRANCE = [
  "src/main.tsx",
  "src/pages/status/page.tsx",
  ...["accept-invitation", "confirm-registration", "forgot-password", "frame", "register"].map(entrance),
  ...["reset-password", "sign-in"].map(entrance),
];
const FIRST = ["src/app/shell.tsx", "src/pages/overview/page.tsx"];

function entrance(name: string): string {
  return `src/pages/auth/${name}.tsx`;
}

/** The file that a source imports, `null` where it is another project's. */
function resolve(from: string, name: string): string | null {
  if (!name.startsWith(".")) return null;
  const path = normalize(join(dirname(from), name));
  return [`${path}.ts`, `${path}.tsx`].find(existsSync) ?? null;
}

/** Where the page is parted: what is imported there as it is gone to has its own group. */
const PARTING = ["src/app/routes.tsx", "src/app/messages.ts"];

/** These sources with all that they import. */
function sources(entries: string[]): Set<string> {
  const found = new Set<string>();
  const visit = (path: string) => {
    if (found.has(path)) return;
    found.add(path);
    const imports = PARTING.includes(path) ? /\bfrom "([^"]+)"/g : /\b(?:from |import\()"([^"]+)"/g;
    for (const [, name = ""] of readFileSync(path, "utf8").matchAll(imports)) {
      const next = resolve(path, name);
      if (next) visit(next);
    }
  };
  for (const entry of entries) visit(entry);
  return found;
}

/** The texts that these sources name. */
function named(paths: Set<string>, ids: string[]): Set<string> {
  const found = new Set<string>();
  for (const path of paths) {
    const source = readFileSync(path, "utf8");
    for (const [, id = ""] of source.matchAll(/"([\w.]+)"/g)) if (ids.includes(id)) found.add(id);
    for (const [, start = ""] of source.matchAll(/`([\w]+\.[\w.]*)\$\{/g))
      for (const id of ids) if (id.startsWith(start)) found.add(id);
  }
  return found;
}

const read = (language: string): Messages =>
  JSON.parse(readFileSync(`src/lang/${language}.json`, "utf8")) as Messages;
const ids = Object.keys(read("en"));
const atEntrance = named(sources(ENTRANCE), ids);
const atFirst = named(sources(FIRST), ids);
for (const language of ["en", "ar"]) {
  const parts: Record<string, Messages> = { entrance: {}, first: {}, rest: {} };
  for (const [id, text] of Object.entries(read(language))) {
    const group = atEntrance.has(id) ? "entrance" : atFirst.has(id) ? "first" : "rest";
    (parts[group] as Messages)[id] = text;
  }
  for (const [group, texts] of Object.entries(parts))
    writeFileSync(`src/lang/${language}-${group}.json`, JSON.stringify(texts));
}
