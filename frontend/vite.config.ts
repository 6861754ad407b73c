import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import optimizeLocales from "@react-aria/optimize-locales-plugin";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const program = process.env.STRATUM_URL ?? "http://127.0.0.1:8080";
const served = [
  "^/v\\d",
  "/mp",
  "/batch",
  "/api",
  "/capi",
  "/open_api",
  "/health",
  "/metrics",
  "/openapi.json",
];

/** Beside each text file its compressed twins, so that the program compresses nothing. */
function compressed(): Plugin {
  let folder = "";
  return {
    name: "compressed",
    apply: "build",
    configResolved: ({ build }) => {
      folder = build.outDir;
    },
    closeBundle: () => {
      for (const name of readdirSync(folder, { recursive: true }) as string[]) {
        if (!/\.(html|js|css|svg)$/.test(name)) continue;
        const path = join(folder, name);
        const bytes = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(bytes));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [
    react(),
    tailwind(),
    { ...optimizeLocales.vite({ locales: ["en-US", "ar-AE"] }), enforce: "pre" },
    compressed(),
  ],
  resolve: {
    alias: {
      // Texts are compiled before, so their parser stays at home.
      "@formatjs/icu-messageformat-parser": "@formatjs/icu-messageformat-parser/no-parser.js",
    },
  },
  build: {
    // The policy allows no `data:` but images.
    assetsInlineLimit: 0,
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    target: "es2023",
    rolldownOptions: { input: ["index.html", "docs.html"] },
    // The reference is one file of another project.
    chunkSizeWarningLimit: 2000,
  },
  server: { proxy: Object.fromEntries(served.map((path) => [path, program])) },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
