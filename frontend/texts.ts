// Parts the compiled texts by when the page needs them: at its entrance, for its first page, for the others. A text
// belongs to the first of these groups one of whose sources names it, in full or by its beginning. Beside them are the
// texts of the status page, which is no entrance and stands alone, and what is wrong with a request, by its code.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

type Messages = Record<string, unknown>;

const ENTRANCE = [
  "src/main.tsx",
  ...["accept-invitation", "confirm-registration", "forgot-password", "frame", "register"].map(entrance),
  ...["reset-password", "sign-in"].map(entrance),
];
const FIRST = ["src/app/shell.tsx", "src/pages/overview/page.tsx"];
const STATUS = ["src/pages/status/page.tsx"];
const ONLY_STATUS = /^(status\.(use|help)|process|jobKind)\./;
const FAULT = "fault.";

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
const ids = Object.keys(read("en")).filter((id) => !id.startsWith(FAULT));
const atEntrance = named(sources(ENTRANCE), ids);
const atFirst = named(sources(FIRST), ids);
const atStatus = named(sources(STATUS), ids);
for (const language of ["en", "ar"]) {
  const parts = { entrance: {}, first: {}, rest: {}, status: {}, faults: {} } as Record<string, Messages>;
  const put = (group: string, id: string, text: unknown) => Object.assign(parts[group] ?? {}, { [id]: text });
  for (const [id, text] of Object.entries(read(language))) {
    if (id.startsWith(FAULT)) put("faults", id, text);
    else if (atEntrance.has(id)) put("entrance", id, text);
    else {
      if (atStatus.has(id)) put("status", id, text);
      if (atFirst.has(id)) put("first", id, text);
      else if (!ONLY_STATUS.test(id)) put("rest", id, text);
    }
  }
  for (const [group, texts] of Object.entries(parts))
    writeFileSync(`src/lang/${language}-${group}.json`, JSON.stringify(texts));
}
