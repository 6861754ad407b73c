import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { accessible, expect, settled, test } from "./world";

test("an export is made, and its file is the one that was told", async ({ signedIn: page }) => {
  await page.goto("/exports");
  await settled(page);
  await page.getByRole("button", { name: "Make the file" }).click();
  const row = page.getByRole("row").nth(1);
  await expect(row.getByText("ready")).toBeVisible({ timeout: 30_000 });
  const sum = (await row.locator("code").getAttribute("title"))?.replace("SHA-256 ", "");
  const saved = page.waitForEvent("download");
  await row.getByRole("button", { name: "Download" }).click();
  const file = readFileSync(await (await saved).path());
  expect(createHash("sha256").update(file).digest("hex")).toBe(sum);
  // The same on every Monday.
  await page.getByRole("button", { name: /How often/ }).click();
  await page.getByRole("option", { name: /on Mondays/ }).click();
  await page.getByLabel("Name", { exact: true }).fill("Weekly sheet");
  await page.getByRole("button", { name: "Save the schedule" }).click();
  const schedule = page.getByRole("row", { name: /Weekly sheet/ });
  await schedule.getByRole("button", { name: "Pause" }).click();
  await expect(schedule.getByText("paused")).toBeVisible();
  await accessible(page);
  await schedule.getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("Nothing is exported by itself yet")).toBeVisible();
});

test("a rule is tried out on past days, saved, paused and deleted", async ({ signedIn: page }) => {
  await page.goto("/rules");
  await settled(page);
  await page.getByRole("button", { name: "New rule" }).click();
  const dialog = page.getByRole("dialog", { name: "New rule" });
  await dialog.getByLabel("Name", { exact: true }).fill("Spends at all");
  // A condition that holds of most campaigns: ROAS above 0, of those that are called anything.
  await dialog.getByRole("button", { name: /is below/ }).click();
  await page.getByRole("option", { name: "is above" }).click();
  await dialog.getByLabel(/^Value/).fill("0");
  await dialog.getByRole("button", { name: "Add a condition" }).click();
  await dialog.getByRole("button", { name: /ROAS/ }).nth(1).click();
  await page.getByRole("option", { name: "Status" }).click();
  await dialog.getByText("Pause the campaign on its platform").click();
  await expect(dialog.getByText(/No connector may change campaigns/)).toBeVisible();
  await dialog.getByText("Pause the campaign on its platform").click();
  await dialog.getByRole("button", { name: "Try it out on the last 30 days" }).click();
  await expect(dialog.getByText(/It would have acted .* in 30 days/)).toBeVisible({ timeout: 30_000 });
  await expect(dialog.getByRole("slider", { name: "Acts by day" })).toBeVisible();
  await accessible(page);
  await dialog.getByRole("button", { name: "Save the rule" }).click();
  await expect(dialog).toBeHidden();
  const row = page.getByRole("row", { name: /Spends at all/ });
  await expect(row.getByText(/ROAS over 7 days is above 0 and Status is Active/)).toBeVisible();
  await row.getByRole("button", { name: "Pause" }).click();
  await expect(row.getByText("paused")).toBeVisible();
  // What is changed is shown as it was written.
  await row.getByRole("button", { name: "Change" }).click();
  const again = page.getByRole("dialog", { name: "Spends at all" });
  await expect(again.getByRole("button", { name: /is above/ })).toBeVisible();
  await again.getByRole("button", { name: "Cancel" }).click();
  await row.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete the rule" }).click();
  await expect(row).toBeHidden();
});

test("a file of reports is looked at before it counts", async ({ signedIn: page }) => {
  await page.goto("/reports?tab=file");
  const day = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
  const csv = `platform,account_id,campaign_id,campaign_name,date,currency,spend,impressions,clicks,conversions,revenue
pinterest,acc-1,pin-1,Pins,${day},EGP,120.50,1000,50,3,310`;
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose a file" }).click();
  await (await chooser).setFiles({ name: "reports.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await expect(page.getByRole("heading", { name: "What it would change" })).toBeVisible();
  await expect(page.getByRole("row", { name: /Spend \(EGP\)/ })).toContainText("120.50");
  await page.getByText("Each day that changes").click();
  await expect(page.getByRole("row", { name: /Pins/ })).toContainText("120.50");
  await page.getByRole("button", { name: "Take it in" }).click();
  await expect(page.getByRole("heading", { name: "What it changed" })).toBeVisible();
  const past = page.getByRole("region", { name: "Files taken in", exact: true }).getByRole("row");
  await expect(past.filter({ hasText: "named in the file" }).first()).toContainText(/now|second/);
});

test("a file whose numbers can be read in two ways asks for their mark", async ({ signedIn: page, eyes }) => {
  eyes.expected.push(422);
  await page.goto("/reports?tab=file");
  const day = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
  const csv = `platform;account_id;campaign_id;campaign_name;date;currency;spend;impressions;clicks;conversions;revenue
pinterest;acc-2;pin-2;Pins;${day};EGP;1.000;100;5;1;2.000`;
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose a file" }).click();
  await (await chooser).setFiles({ name: "reports.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await page.getByRole("button", { name: /the comma marks fractions/ }).click();
  await expect(page.getByRole("heading", { name: "What it would change" })).toBeVisible();
  await expect(page.getByRole("row", { name: /Spend \(EGP\)/ })).toContainText("1,000");
});

test("an invitation without a mail server is a link to hand on", async ({ signedIn: page }) => {
  await page.goto("/settings/people");
  await page.getByRole("button", { name: "Invite" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite" });
  await dialog.getByLabel("E-mail").fill("new@shop.example");
  await dialog.getByRole("button", { name: "Invite" }).click();
  const link = await dialog.getByText(/accept-invitation#token=/).textContent();
  await page.goto(`/accept-invitation${new URL(link ?? "").hash}`);
  await expect(page.getByLabel("Your name")).toBeVisible();
});

test("a dataset, its key and a first event, from nothing", async ({ signedIn: page, eyes }) => {
  // The door may not know the new key yet, and is asked again.
  eyes.expected.push(400);
  await page.goto("/events?tab=datasets");
  await page.getByRole("button", { name: "New dataset" }).click();
  const dialog = page.getByRole("dialog", { name: "New dataset" });
  await dialog.getByLabel("Id", { exact: true }).fill("9900000001");
  await dialog.getByLabel(/^Name/).fill("Shop of the test");
  await dialog.getByRole("button", { name: "Create dataset" }).click();
  await expect(page.getByRole("rowheader", { name: /Shop of the test/ })).toBeVisible();
  await page.goto("/start");
  await page
    .getByRole("button", { name: /Dataset/ })
    .first()
    .click();
  await page.getByRole("option", { name: /Shop of the test/ }).click();
  await page.getByRole("button", { name: "Create key" }).click();
  await expect(page.getByText(/stk_/)).toBeVisible();
  await page.getByRole("button", { name: "Send a test event for me" }).click();
  await expect(page.getByText(/Arrived since you opened this page/)).toBeVisible({ timeout: 30_000 });
});

test("a campaign is made, changed and found", async ({ signedIn: page }) => {
  await page.goto("/campaigns");
  await settled(page);
  await page.getByRole("button", { name: "New campaign" }).click();
  const dialog = page.getByRole("dialog", { name: "New campaign" });
  await dialog.getByLabel("Name", { exact: true }).fill("=Trail & <b>Run</b>");
  await dialog.getByRole("button", { name: "Create campaign" }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole("searchbox").fill("trail");
  await page.getByRole("link", { name: "=Trail & <b>Run</b>" }).click();
  await expect(page.getByRole("heading", { name: "=Trail & <b>Run</b>" })).toBeVisible();
});

test("one’s own name is changed, and stands where one is named", async ({ signedIn: page }) => {
  await page.goto("/settings/me");
  const name = page.getByLabel("Your name", { exact: true });
  const before = await name.inputValue();
  for (const next of ["Rania of the demo", before]) {
    await name.fill(next);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await expect(page.getByRole("button", { name: `Account of ${next}` })).toBeVisible();
  }
});

test("an admin is told of the process on the status page", async ({ signedIn: page }) => {
  await page.goto("/status");
  await expect(page.getByRole("heading", { name: "This process" })).toBeVisible();
  await expect(page.getByText(/ of .* free$/)).toBeVisible();
  await expect(page.getByRole("heading", { name: "Jobs of your organisation" })).toBeVisible();
  await accessible(page);
});

test("a fix goes from its issue to what it brings, and is rolled back", async ({ signedIn: page }) => {
  await page.goto("/quality");
  await settled(page);
  const fixes = page.getByRole("region", { name: "What costs matches, and its fix" });
  await fixes.getByRole("button", { name: "Look at it: Recommended settings are off" }).click();
  const dialog = page.getByRole("dialog", { name: "Recommended settings are off" });
  await expect(dialog.getByRole("listitem").filter({ hasText: "Preview" })).toHaveAttribute(
    "aria-current",
    "step",
  );
  await expect(dialog.getByText(/counted on .* event/)).toBeVisible();
  await accessible(page);
  await dialog.getByRole("button", { name: "Apply the fix" }).click();
  await expect(dialog.getByText(/also from the page’s address/)).toBeVisible();
  await expect(dialog.getByRole("listitem").filter({ hasText: "Observing" })).toHaveAttribute(
    "aria-current",
    "step",
  );
  await accessible(page);
  await dialog.getByRole("button", { name: "Roll back" }).click();
  await expect(dialog.getByText("Rolled back; events are treated as before.")).toBeVisible();
  await dialog.getByRole("button", { name: "Close" }).click();
  const run = fixes.getByRole("row", { name: /Recommended settings are off/ });
  await expect(run.getByText("rolled back")).toBeVisible();
});
