// Weighs what the browser loads for a page, and fails where it is more than the page may weigh.
import { readFileSync } from "node:fs";

interface Chunk {
  file: string;
  imports?: string[];
  dynamicImports?: string[];
  css?: string[];
}

const manifest = JSON.parse(readFileSync("dist/manifest.json", "utf8")) as Record<string, Chunk>;

const SIGN_IN = ["index.html", "src/pages/auth/frame.tsx", "src/pages/auth/sign-in.tsx"];
const OVERVIEW = [
  "index.html",
  "src/app/access.ts",
  "src/app/shell.tsx",
  "src/pages/overview/page.tsx",
  "src/lang/en-first.json",
];
const LATER = [
  "campaigns/page",
  "campaigns/detail",
  "quality/page",
  "events/page",
  "delivery/page",
  "plan/page",
  "rules/page",
  "reports/page",
];

/** kB of gzip to the first paint of a page, or on top of the overview. */
const LIMITS: { page: string; entries: string[]; beside?: string[]; limit: number }[] = [
  { page: "sign-in", entries: SIGN_IN, limit: 145 },
  { page: "overview", entries: OVERVIEW, limit: 236 },
  ...[...LATER, "exports/page", "start/page", "settings/page"].map((page) => ({
    page,
    entries: [`src/pages/${page}.tsx`, "src/lang/en-rest.json"],
    beside: OVERVIEW,
    limit: 60,
  })),
];
const CSS_LIMIT = 15;

function collect(name: string, files: Set<string>): Set<string> {
  const chunk = manifest[name];
  if (!chunk) throw new Error(`${name} is not in the manifest`);
  if (files.has(chunk.file)) return files;
  files.add(chunk.file);
  for (const css of chunk.css ?? []) files.add(css);
  for (const imported of chunk.imports ?? []) collect(imported, files);
  return files;
}

const kilobytes = (files: Iterable<string>) =>
  [...files].reduce((sum, file) => sum + readFileSync(`dist/${file}.gz`).length, 0) / 1000;

let isTooHeavy = false;
for (const { page, entries, beside = [], limit } of LIMITS) {
  const before = new Set<string>();
  for (const entry of beside) collect(entry, before);
  const files = new Set<string>();
  for (const entry of entries) collect(entry, files);
  const fresh = [...files].filter((file) => !before.has(file));
  const script = kilobytes(fresh.filter((file) => file.endsWith(".js")));
  const style = kilobytes([...new Set([...before, ...files])].filter((file) => file.endsWith(".css")));
  const line = `${page}: ${script.toFixed(1)} kB of ${limit}, CSS ${style.toFixed(1)} of ${CSS_LIMIT}\n`;
  process.stdout.write(line);
  if (script > limit || style > CSS_LIMIT) isTooHeavy = true;
}
if (isTooHeavy) process.exitCode = 1;
