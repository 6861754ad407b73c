import { accessible, demo, expect, look, settled, test, wide } from "./world";

test("signs in, comes back to where one was going, and signs out", async ({ page, eyes }) => {
  eyes.expected.push(401);
  await page.goto("/campaigns?status=active");
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await page.getByLabel("E-mail").fill(demo.email);
  await page.getByLabel("Password", { exact: true }).fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await page.getByLabel("Password", { exact: true }).fill(demo.password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Campaigns", level: 1 })).toBeVisible();
  await expect(page).toHaveURL(/\/campaigns\?status=active/);
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in", exact: true })).toBeVisible();
  await page.goto("/");
  await expect(page).toHaveURL(/\/sign-in/);
});

test("a refusal is told in the language of the page", async ({ page, eyes }) => {
  eyes.expected.push(401);
  await page.goto("/sign-in");
  await look(page, { language: "ar" });
  await page.reload();
  await settled(page);
  await page.getByLabel("البريد الإلكتروني").fill("nobody@stratum.local");
  await page.getByLabel("كلمة المرور", { exact: true }).fill("not-the-password");
  await page.getByRole("button", { name: "دخول", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("عنوان البريد الإلكتروني أو كلمة المرور غير صحيح");
});

test("goes to no other site after sign-in", async ({ page }) => {
  await page.goto("/sign-in?next=//example.com/");
  await page.getByLabel("E-mail").fill(demo.email);
  await page.getByLabel("Password", { exact: true }).fill(demo.password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
});

test("answers alike for a forgotten password, whoever asks", async ({ page }) => {
  await page.goto("/forgot-password");
  await page.getByLabel("E-mail").fill("nobody@shop.example");
  await page.getByRole("button", { name: "Send the link" }).click();
  await expect(page.getByText("If this address has an account")).toBeVisible();
});

test("a letter's token leaves the address and the history", async ({ page }) => {
  await page.goto("/reset-password#token=secret-of-a-letter");
  await expect(page.getByLabel("New password", { exact: true })).toBeVisible();
  expect(page.url()).not.toContain("secret");
  await page.goto("/accept-invitation");
  await expect(page.getByText("This link is not complete")).toBeVisible();
});

for (const path of ["/sign-in", "/register", "/forgot-password", "/status"]) {
  test(`${path} is for everybody`, async ({ page }) => {
    await page.goto(path);
    await settled(page);
    await accessible(page);
    await look(page, { language: "ar", theme: "dark" });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.reload();
    await settled(page);
    await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
    await accessible(page);
    await wide(page);
  });
}
