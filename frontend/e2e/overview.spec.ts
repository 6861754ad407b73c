import { Format } from "../src/format/format";
import { expect, settled, tab, test, url } from "./world";

interface Kpis {
  date_from: string;
  date_to: string;
  currency: string;
  total_spend: number;
  total_revenue: number;
  avg_roas: number;
  avg_cpa: number;
}

test("shows what the API answers, to the digit", async ({ signedIn: page, api }) => {
  const answered = page.waitForResponse((response) => response.url().includes("/analytics/kpis"));
  await page.goto("/?lead=reported");
  const asked = new URL((await answered).url()).search;
  await settled(page);
  const kpis = (await api(`/analytics/kpis${asked}`)) as Kpis;
  const format = new Format("en-GB", "UTC");
  const shown: [string, string][] = [
    ["Spend", format.money(kpis.total_spend, kpis.currency)],
    ["Revenue", format.money(kpis.total_revenue, kpis.currency)],
    ["ROAS", format.figure(kpis.avg_roas, "ratio")],
    ["CPA", format.money(kpis.avg_cpa, kpis.currency)],
  ];
  for (const [name, figure] of shown) {
    await expect(
      page.getByRole("button", { name: new RegExp(`^${name}`), pressed: name === "Revenue" }),
    ).toContainText(figure);
  }
});

test("what is chosen stands in the address, and opens the same elsewhere", async ({
  signedIn: page,
  eyes,
}) => {
  await page.goto("/");
  await settled(page);
  await page.getByRole("button", { name: /^Spend/ }).click();
  await page.getByRole("button", { name: "Meta", exact: true }).click();
  await page.keyboard.press("[");
  await expect(page).toHaveURL(/kpi=spend/);
  await expect(page).toHaveURL(/platform=meta/);
  await expect(page).toHaveURL(/from=\d{4}-\d\d-\d\d/);
  const other = await tab(page, eyes);
  await other.goto(page.url());
  await settled(other);
  await expect(other.getByRole("heading", { name: "Spend over time" })).toBeVisible();
  await expect(other.getByRole("button", { name: /^Spend/, pressed: true })).toBeVisible();
});

test("a chart is read by keys, as a table, and taken along", async ({ signedIn: page }) => {
  await page.goto("/");
  await settled(page);
  const chart = page.getByRole("slider", { name: /^Revenue/ });
  await chart.focus();
  const last = await chart.getAttribute("aria-valuetext");
  await page.keyboard.press("Home");
  await expect(chart).toHaveAttribute("aria-valuenow", "0");
  expect(await chart.getAttribute("aria-valuetext")).not.toBe(last);
  await page.keyboard.press("ArrowRight");
  await expect(chart).toHaveAttribute("aria-valuenow", "1");
  const figure = page.getByRole("figure").first();
  for (const kind of ["CSV", "PNG", "SVG"]) {
    await figure.getByRole("button", { name: "Save" }).click();
    const saved = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: kind }).click();
    expect((await saved).suggestedFilename()).toMatch(new RegExp(`^revenue_.*\\.${kind.toLowerCase()}$`));
  }
  await figure.getByRole("button", { name: "Show as a table" }).click();
  await expect(figure.getByRole("row")).toHaveCount(29);
});

test("goes anywhere by keys", async ({ signedIn: page }) => {
  await page.goto("/");
  await settled(page);
  await page.keyboard.press("g");
  await page.keyboard.press("q");
  await expect(page.getByRole("heading", { name: "Match quality", level: 1 })).toBeVisible();
  await page.keyboard.press("Control+k");
  await page.getByPlaceholder("Page, campaign or action").fill("even");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Events", level: 1 })).toBeVisible();
});

test("tabs that come back at once stay signed in; signing out ends both", async ({
  signedIn: page,
  eyes,
}) => {
  eyes.expected.push(401);
  const other = await tab(page, eyes);
  await Promise.all([page.goto("/"), other.goto("/campaigns")]);
  await Promise.all([settled(page), settled(other)]);
  await Promise.all([page.reload(), other.reload()]);
  await Promise.all([settled(page), settled(other)]);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await expect(other.getByText("Live", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(other.getByRole("dialog", { name: "Sign in again" })).toBeVisible();
});

test("serves the page at its paths, and nothing else in its place", async ({ request }) => {
  const page = await request.get(`${url}/campaigns/any`);
  expect(page.status()).toBe(200);
  expect(page.headers()["cache-control"]).toBe("no-cache");
  expect(page.headers()["content-security-policy"]).toContain(
    "require-trusted-types-for 'script'; trusted-types 'none'",
  );
  const script = (await page.text()).match(/\/assets\/[^"]+\.js/)?.[0] ?? "";
  const file = await request.get(url + script);
  expect(file.headers()["cache-control"]).toContain("immutable");
  expect(file.headers()["content-encoding"]).toBe("br");
  const again = await request.get(url + script, { headers: { "if-none-match": file.headers().etag ?? "" } });
  expect(again.status()).toBe(304);
  for (const path of ["/assets/gone-12345678.js", "/api/v1/nowhere", "/nowhere"]) {
    const answer = await request.get(url + path, { headers: { accept: "text/html" } });
    expect(answer.status(), path).toBe(404);
    expect(answer.headers()["content-type"], path).toContain("application/json");
  }
});
