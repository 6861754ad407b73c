// Weighs what the browser loads for a page, and fails where it is more than the page may weigh.
import { readFileSync } from "node:fs";

interface Chunk {
  file: string;
  imports?: string[];
  dynamicImports?: string[];
  css?: string[];
}

const manifest = JSON.parse(readFileSync("dist/manifest.json", "utf8")) as Record<string, Chunk>;

/** kB of gzip to the first paint of a page. */
const LIMITS: [string, string[], number][] = [
  ["sign-in", ["src/pages/auth/frame.tsx", "src/pages/auth/sign-in.tsx"], 175],
  ["overview", ["src/app/shell.tsx", "src/pages/overview/page.tsx"], 270],
  ...["campaigns/page", "campaigns/detail", "quality/page", "events/page", "plan/page", "reports/page"].map(
    later,
  ),
  ...["exports/page", "start/page", "settings/page"].map(later),
];
const CSS_LIMIT = 15;

function later(page: string): [string, string[], number] {
  return [page, ["src/app/shell.tsx", "src/pages/overview/page.tsx", `src/pages/${page}.tsx`], 300];
}

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
for (const [page, entries, limit] of LIMITS) {
  const files = new Set<string>();
  for (const entry of ["index.html", ...entries]) collect(entry, files);
  const script = kilobytes([...files].filter((file) => file.endsWith(".js")));
  const style = kilobytes([...files].filter((file) => file.endsWith(".css")));
  const line = `${page}: ${script.toFixed(0)} kB of ${limit}, CSS ${style.toFixed(1)} of ${CSS_LIMIT}\n`;
  process.stdout.write(line);
  if (script > limit || style > CSS_LIMIT) isTooHeavy = true;
}
if (isTooHeavy) process.exitCode = 1;
