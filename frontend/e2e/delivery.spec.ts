// Events handed on to a Meta of this machine: what it took and refused, a trial, modes, credentials.
import { META_TOKEN } from "./meta";
import { accessible, expect, settled, test } from "./world";

test("what was delivered and what was refused is told, with what to do", async ({ signedIn: page }) => {
  await page.goto("/delivery");
  await settled(page);
  const sheet = page.getByRole("region", { name: /^Meta of the shop/ });
  await expect(sheet.getByText("works", { exact: true })).toBeVisible({ timeout: 30_000 });
  const chart = page.getByRole("slider", { name: /events were delivered/ });
  await expect(chart).toBeVisible({ timeout: 30_000 });
  await chart.focus();
  await page.keyboard.press("End");
  await expect(chart).toHaveAttribute("aria-valuetext", /Delivered [1-9]/);
  await page.getByText("7 days").click();
  await expect(page).toHaveURL(/span=week/);
  await page.getByRole("tab", { name: "Last requests" }).click();
  await expect(page.getByRole("table").getByText("taken").first()).toBeVisible({ timeout: 30_000 });
  await page.getByRole("tab", { name: "Refused for good" }).click();
  await expect(page.getByText("says too little about the customer")).toBeVisible({ timeout: 45_000 });
  await expect(page.getByText("user_data").first()).toBeVisible();
  await accessible(page);
});

test("a destination is made, tried, renewed, paused and removed", async ({ signedIn: page }) => {
  await page.goto("/delivery");
  await settled(page);
  await page.getByRole("button", { name: "New destination" }).click();
  const form = page.getByRole("dialog", { name: "New destination" });
  await form.getByLabel(/^Name/).fill("Second of the test");
  await form.getByLabel("access_token").fill("EAAB-withdrawn");
  await accessible(page);
  await form.getByRole("button", { name: "Create destination" }).click();
  const sheet = page.getByRole("region", { name: /^Second of the test/ });
  await expect(sheet.getByText("shadow", { exact: true })).toBeVisible();

  const trial = page.getByRole("dialog", { name: "Send a test event" });
  const attempt = async () => {
    await sheet.getByRole("button", { name: "Send a test event" }).click();
    await trial.getByLabel("Test code").fill("TEST12345");
    await trial.getByRole("button", { name: "Send test event" }).click();
  };
  await attempt();
  await expect(trial.getByText("Meta does not accept the credentials.")).toBeVisible();
  await expect(trial.getByText(/Generate a new one in Events Manager/)).toBeVisible();
  await expect(trial.getByText(/code 190/)).toBeVisible();
  await page.keyboard.press("Escape");

  await sheet.getByRole("button", { name: "Change", exact: true }).click();
  const change = page.getByRole("dialog", { name: "Second of the test" });
  await expect(change.getByLabel("Test code")).toHaveValue("TEST12345");
  await change.getByLabel("access_token").fill(META_TOKEN);
  await change.getByRole("button", { name: "Save" }).click();
  await expect(change).toBeHidden();
  await attempt();
  await expect(trial.getByText(/Meta took the event in .* among the test events of TEST12345/)).toBeVisible();
  await page.keyboard.press("Escape");

  await sheet.getByRole("button", { name: "Change mode" }).click();
  const modes = page.getByRole("dialog", { name: "Change mode" });
  await modes.getByRole("button", { name: /Mode/ }).click();
  await page.getByRole("option", { name: "paused" }).click();
  await expect(modes.getByText("Events are kept until it goes on")).toBeVisible();
  await modes.getByRole("button", { name: "Change mode" }).click();
  await expect(modes).toBeHidden();
  await expect(sheet.getByText("paused", { exact: true })).toBeVisible();

  await sheet.getByRole("button", { name: "Remove" }).click();
  await page
    .getByRole("dialog", { name: "Remove destination" })
    .getByRole("button", { name: "Remove destination" })
    .click();
  await expect(page.getByRole("link", { name: "Second of the test" })).toHaveCount(0);
});

test("hours are sent once more, and those too long ago are not", async ({ signedIn: page, eyes }) => {
  // The destination of another test is removed beside this one.
  eyes.expected.push(404, 422);
  await page.goto("/delivery");
  await settled(page);
  await expect(page.getByText("works", { exact: true }).first()).toBeVisible({ timeout: 30_000 });
  const open = () => page.getByRole("button", { name: "Send again" }).click();
  const dialog = page.getByRole("dialog", { name: "Send again" });
  await open();
  await dialog.getByLabel(/^Received from/).fill("2020-01-01T00:00");
  await dialog.getByRole("button", { name: "Send once more" }).click();
  await expect(dialog.getByRole("alert")).toContainText("must not be before");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await open();
  await dialog.getByRole("button", { name: "Send once more" }).click();
  await expect(page.getByText(/^Events of .* are sent once more/)).toBeVisible();
});
