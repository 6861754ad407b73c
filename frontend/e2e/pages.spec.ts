import { PAGES } from "./pages";
import { accessible, expect, look, settled, test, wide } from "./world";

for (const path of PAGES) {
  test(`${path} in light, left to right`, async ({ signedIn: page }) => {
    await page.goto(path);
    await settled(page);
    await accessible(page);
    await wide(page);
  });

  test(`${path} in dark, right to left, on a phone`, async ({ signedIn: page }) => {
    await look(page, { language: "ar", theme: "dark" });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(path);
    await settled(page);
    await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
    await accessible(page);
    await wide(page);
  });
}

test("a campaign in all its parts", async ({ signedIn: page }) => {
  await page.goto("/campaigns");
  await page.getByRole("table").getByRole("link").first().click();
  for (const name of ["Figures", "Forecast", "Response", "Parts", "Creatives", "Changes"]) {
    await page.getByRole("tab", { name }).click();
    await expect(page.getByRole("tabpanel")).toBeVisible();
    await settled(page);
    await accessible(page);
  }
  await page.keyboard.press("Escape");
  await expect(page.getByRole("heading", { name: "Campaigns", level: 1 })).toBeVisible();
});
