// What one does every morning: campaigns narrowed and changed together, other days compared with, notes, views, what
// needs attention, the newest events.
import type { APIRequestContext } from "@playwright/test";
import { Format } from "../src/format/format";
import { accessible, demo, expect, settled, test, url } from "./world";

interface Totals {
  campaigns: number;
  currency: string;
  total_spend: number;
}

test("campaigns are narrowed by a figure, and the list adds up", async ({ signedIn: page, api }) => {
  await page.goto("/campaigns");
  await settled(page);
  await page.getByRole("button", { name: "Figure", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: /^Campaigns whose figure is/ });
  await dialog.getByLabel("Number").fill("0.01");
  const told = page.waitForResponse((response) => /campaigns\/totals.*having/.test(response.url()));
  await dialog.getByRole("button", { name: "Show these" }).click();
  await told;
  await expect(page).toHaveURL(/having=tracked_roas/);
  await page.getByRole("button", { name: /^Take away: ROAS \(Tracked\) below/ }).click();
  await expect(page).not.toHaveURL(/having/);
  const asked = page.waitForRequest((request) => request.url().includes("/campaigns/totals"));
  await page.reload();
  const question = new URL((await asked).url()).search;
  await settled(page);
  const format = new Format("en-GB", "UTC");
  // Reports come in while one looks: the page asks again by itself, and the test with it.
  await expect(async () => {
    const sums = (await api(`/campaigns/totals${question}`)) as Totals;
    const row = page.getByRole("row", { name: /^All campaigns/ });
    await expect(row).toContainText(format.money(sums.total_spend, sums.currency), { timeout: 3000 });
  }).toPass({ timeout: 30_000 });
  await page.getByRole("columnheader", { name: "CPA" }).getByRole("button").click();
  await expect(page).toHaveURL(/sort=cpa/);
  await settled(page);
  await expect(page.getByRole("table")).not.toHaveAttribute("aria-busy", "true");
  await accessible(page);
});

test("many campaigns get a label, which is shown before it is done, and is found", async ({
  signedIn: page,
}) => {
  await page.goto("/campaigns");
  await settled(page);
  await page
    .getByRole("checkbox", { name: /^Choose / })
    .nth(1)
    .check();
  await page
    .getByRole("checkbox", { name: /^Choose / })
    .nth(2)
    .check();
  await page.getByRole("toolbar").getByRole("button", { name: "Add labels" }).click();
  const dialog = page.getByRole("dialog", { name: "Add labels" });
  await dialog.getByLabel("Labels").fill("morning");
  await dialog.getByRole("button", { name: "Show what would change" }).click();
  await expect(dialog.getByRole("status").first()).toContainText("2 campaigns change");
  await accessible(page);
  await dialog.getByRole("button", { name: "Change 2 campaigns" }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole("button", { name: /^Labels:/ }).click();
  await page.getByRole("option", { name: "morning" }).click();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("status").filter({ hasText: /^2 campaigns$/ })).toBeVisible();
  await page.getByRole("table").getByRole("link").first().click();
  await page.getByRole("tab", { name: "Changes" }).click();
  await expect(page.getByRole("tabpanel")).toContainText("morning");
});

test("the days are compared with others, and a note stands beside them", async ({ signedIn: page }) => {
  await page.goto("/");
  await settled(page);
  const compared = page.waitForRequest((request) => /kpis.*compare_from=/.test(request.url()));
  await page.getByRole("button", { name: /Compared with/ }).click();
  await page.getByRole("option", { name: /^vs other days/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Compare" }).click();
  await compared;
  await expect(page).toHaveURL(/vs=\d{4}-\d\d-\d\d/);
  await page.getByRole("button", { name: /^Platform:/ }).click();
  await page.getByRole("option", { name: "Meta" }).click();
  await page.getByRole("option", { name: "Google" }).click();
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/platform=meta(%2C|,)google/);
  await settled(page);
  await page.getByRole("button", { name: "Notes" }).click();
  const dialog = page.getByRole("dialog", { name: "Notes" });
  await dialog.getByLabel("Note", { exact: true }).fill("New landing page");
  await dialog.getByRole("button", { name: "Add note" }).click();
  await expect(dialog.getByRole("listitem").filter({ hasText: "New landing page" })).toBeVisible();
  // The button that was pressed is disabled now, and the focus with it.
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  const chart = page.getByRole("slider", { name: /^Revenue/ });
  await chart.focus();
  await page.keyboard.press("End");
  await expect(chart).toHaveAttribute("aria-valuetext", /New landing page/);
  await page.getByRole("button", { name: "Notes" }).click();
  const own = dialog.getByRole("listitem").filter({ hasText: "New landing page" });
  await own.getByRole("button", { name: "Delete" }).click();
  await expect(dialog.getByText("New landing page")).toHaveCount(0);
});

test("a view brings one back to where it was saved", async ({ signedIn: page }) => {
  await page.goto("/campaigns?status=active&sort=roas");
  await settled(page);
  await page.getByRole("button", { name: "Views" }).click();
  const dialog = page.getByRole("dialog", { name: "Views" });
  await dialog.getByLabel("Name").fill("Active by ROAS");
  await dialog.getByRole("button", { name: "Save this view" }).click();
  await expect(dialog.getByRole("listitem").filter({ hasText: "Active by ROAS" })).toBeVisible();
  await page.goto("/");
  await settled(page);
  await page.getByRole("button", { name: "Views" }).click();
  await dialog.getByRole("button", { name: /^Active by ROAS/ }).click();
  await expect(page).toHaveURL(/campaigns\?.*status=active.*sort=roas/);
  await page.getByRole("button", { name: "Views" }).click();
  await dialog.getByRole("button", { name: /^Delete the view/ }).click();
  await expect(dialog.getByText("Active by ROAS")).toHaveCount(0);
});

/** Sends an event without its time, which is refused and so needs somebody. */
async function refuse(request: APIRequestContext, dataset: string): Promise<void> {
  const { access_token } = (await (await request.post(`${url}/api/v1/auth/login`, { data: demo })).json())
    .data;
  const headers = { authorization: `Bearer ${access_token}` };
  const data = { name: "A sender of refused events", scope: "ingest" };
  const { key } = (await (await request.post(`${url}/api/v1/api-keys`, { headers, data })).json()).data;
  const event = { event_name: "Lead", action_source: "website", user_data: { external_id: "one" } };
  await expect(async () => {
    // A new key is known within seconds.
    const sent = await request.post(`${url}/v24.0/${dataset}/events`, {
      data: { data: [event], access_token: key },
    });
    expect(await sent.text()).toContain("event_time");
  }).toPass({ timeout: 20_000 });
}

test("what needs attention is put aside with a reason, and comes back", async ({
  signedIn: page,
  api,
  request,
}) => {
  const datasets = (await api("/datasets")) as { external_id: string; platform: string | null }[];
  await refuse(request, datasets.find(({ platform }) => platform === "meta")?.external_id ?? "");
  await expect(async () => {
    expect(await api("/attention")).not.toEqual([]);
  }).toPass({ timeout: 20_000 });
  await page.goto("/");
  await settled(page);
  const all = page.getByRole("region", { name: "Needs attention" });
  const first = all.getByRole("listitem").first();
  const text = ((await first.textContent()) ?? "").slice(0, 20);
  await first.getByRole("button", { name: /^Put aside/ }).click();
  const dialog = page.getByRole("dialog", { name: "Put aside for everybody" });
  await dialog.getByLabel("Why").fill("We know");
  await dialog.getByRole("button", { name: "Put aside" }).click();
  await expect(dialog).toBeHidden();
  await expect(all.getByRole("listitem").filter({ hasText: text })).toHaveCount(0);
  await all.getByRole("button", { name: /^Show/ }).click();
  const aside = all.getByRole("listitem").filter({ hasText: "We know" });
  await aside.getByRole("button", { name: "Show again" }).click();
  await expect(aside).toHaveCount(0);
});

test("the newest events are shown as they come, and held while one reads", async ({ signedIn: page }) => {
  await page.goto("/events");
  await settled(page);
  const newest = page.getByRole("region", { name: "Newest events" }).first();
  await expect(newest.getByRole("row").nth(1)).toBeVisible();
  await newest.getByRole("button", { name: "Hold" }).click();
  await expect(newest.getByText(/new$/)).toBeVisible({ timeout: 30_000 });
  await newest.getByRole("button", { name: "Go on" }).click();
  const rate = page.getByRole("slider", { name: /events landed/ });
  await rate.focus();
  await page.keyboard.press("Home");
  await expect(rate).toHaveAttribute("aria-valuenow", "0");
});

test("the score is told day by day, and the fields are those of the platform", async ({ signedIn: page }) => {
  await page.goto("/quality");
  await settled(page);
  await page.getByRole("button", { name: /^Meta/ }).first().click();
  const drawer = page.getByRole("dialog");
  await expect(drawer.getByRole("slider", { name: "Score day by day" })).toBeVisible();
  await expect(drawer.getByText("user_data.em", { exact: true }).first()).toBeVisible();
  await accessible(page);
});
