// What every test has: the program's address, a signed-in page, and eyes for what must not happen.
import AxeBuilder from "@axe-core/playwright";
import { type APIRequestContext, test as base, expect, type Page } from "@playwright/test";

export const url = process.env.STRATUM_TEST_URL ?? "";
const email = process.env.STRATUM_TEST_EMAIL ?? "";
const password = process.env.STRATUM_TEST_PASSWORD ?? "";
export const demo = { email, password };

interface Eyes {
  /** Statuses that a test provokes; Chromium writes an error for each. */
  expected: number[];
  seen: string[];
}

interface World {
  eyes: Eyes;
  signedIn: Page;
  api: (path: string) => Promise<unknown>;
}

function watch(page: Page, eyes: Eyes): void {
  page.on("console", (message) => {
    if (message.type() !== "error" && !/Content Security Policy|TrustedHTML/.test(message.text())) return;
    const status = message.text().match(/status of (\d+)/)?.[1];
    if (status && eyes.expected.includes(Number(status))) return;
    eyes.seen.push(message.text());
  });
  page.on("pageerror", (error) => eyes.seen.push(`${error.message}\n${error.stack}`));
}

/** A session of its own: tests run beside each other, and one may sign out. */
async function tokens(request: APIRequestContext): Promise<{ access_token: string; refresh_token: string }> {
  const answer = await request.post(`${url}/api/v1/auth/login`, { data: demo });
  return (await answer.json()).data;
}

export const test = base.extend<World>({
  baseURL: url,
  // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the pattern
  eyes: async ({}, use) => {
    const eyes: Eyes = { expected: [], seen: [] };
    await use(eyes);
    expect(eyes.seen, "errors in the console").toEqual([]);
  },
  page: async ({ page, eyes }, use) => {
    watch(page, eyes);
    await use(page);
  },
  signedIn: async ({ page, request }, use) => {
    await keep(page, (await tokens(request)).refresh_token);
    await use(page);
  },
  api: async ({ request }, use) => {
    const { access_token } = await tokens(request);
    await use(async (path) => {
      const headers = { authorization: `Bearer ${access_token}` };
      return (await (await request.get(`${url}/api/v1${path}`, { headers })).json()).data;
    });
  },
});

/** Puts a session where the page keeps it, once, so that signing out stays out. */
async function keep(page: Page, refresh: string): Promise<void> {
  await page.goto("/look.js");
  await page.evaluate((token) => localStorage.setItem("stratum.session", token), refresh);
}

export async function look(
  page: Page,
  choice: { language?: "en" | "ar"; theme?: "light" | "dark" },
): Promise<void> {
  await page.evaluate((kept) => localStorage.setItem("stratum.look", JSON.stringify(kept)), choice);
}

/** Everything that was asked for has been answered, and nothing is waiting any more. */
export async function settled(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
  await expect(page.getByRole("status", { name: /^(Loading|جارٍ التحميل)$/ })).toHaveCount(0);
}

export async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"])
    .analyze();
  const told = violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .map(({ html, failureSummary }) => `${html} ${failureSummary}`)
        .slice(0, 3)
        .join("\n")}`,
  );
  expect(told).toEqual([]);
}

export async function wide(page: Page): Promise<void> {
  const [content, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(content, "the page scrolls sideways").toBeLessThanOrEqual(room ?? 0);
}

/** Another tab of the same browser. */
export async function tab(page: Page, eyes: Eyes): Promise<Page> {
  const other = await page.context().newPage();
  watch(other, eyes);
  return other;
}

export { expect };
