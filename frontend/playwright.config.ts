import { defineConfig } from "@playwright/test";

/** Debian's Chromium; nothing is downloaded. */
const executablePath = process.env.STRATUM_CHROMIUM ?? "/usr/bin/chromium";

/** The pictures of the tour are made by a command of their own. */
const isTour = Boolean(process.env.STRATUM_TOUR);

export default defineConfig({
  testDir: "e2e",
  testMatch: isTour ? "tour.ts" : "*.spec.ts",
  globalSetup: "./e2e/program.ts",
  outputDir: "test-results",
  workers: 2,
  fullyParallel: true,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    viewport: { width: 1440, height: 900 },
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
