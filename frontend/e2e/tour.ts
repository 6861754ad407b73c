// Makes the small pictures of `tour/`: each page in light, dark, Arabic or on a phone, of the demo's own data.
// `frontend/run tour` runs it; the tests do not.
import { mkdirSync, statSync } from "node:fs";
import { expect, look, settled, test } from "./world";

const BYTES_MAX = 60_000;
const WIDE = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 780 };

interface Picture {
  name: string;
  path: string;
  language?: "ar";
  theme?: "dark";
  isPhone?: boolean;
  /** A link of the page's main table is opened first. */
  isDetail?: boolean;
}

const PICTURES: Picture[] = [
  { name: "overview", path: "/" },
  { name: "overview-dark", path: "/", theme: "dark" },
  { name: "overview-arabic", path: "/", language: "ar" },
  { name: "overview-phone", path: "/", isPhone: true },
  { name: "campaigns", path: "/campaigns" },
  { name: "campaign-dark", path: "/campaigns", theme: "dark", isDetail: true },
  { name: "quality", path: "/quality" },
  { name: "quality-arabic", path: "/quality", language: "ar", theme: "dark" },
  { name: "events", path: "/events" },
  { name: "delivery", path: "/delivery" },
  { name: "delivery-arabic", path: "/delivery?tab=letters", language: "ar", theme: "dark" },
  { name: "plan", path: "/plan" },
  { name: "budget-dark", path: "/plan?tab=budget&total=60000", theme: "dark" },
  { name: "what-if", path: "/plan?tab=whatif" },
  { name: "reports", path: "/reports?tab=file" },
  { name: "exports-dark", path: "/exports", theme: "dark" },
  { name: "start-phone", path: "/start", isPhone: true },
  { name: "settings-arabic", path: "/settings/people", language: "ar" },
  { name: "status-dark", path: "/status", theme: "dark" },
  { name: "sign-in", path: "/sign-in" },
];

mkdirSync("tour", { recursive: true });

for (const { name, path, language, theme, isPhone, isDetail } of PICTURES) {
  test(`a picture of ${name}`, async ({ signedIn, page, context }) => {
    const shown = path === "/sign-in" ? await context.newPage() : signedIn;
    await page.setViewportSize(isPhone ? PHONE : WIDE);
    await shown.setViewportSize(isPhone ? PHONE : WIDE);
    await shown.goto("/status");
    await look(shown, { language: language ?? "en", theme: theme ?? "light" });
    if (path === "/sign-in") await shown.evaluate(() => localStorage.removeItem("stratum.session"));
    await shown.goto(path);
    await settled(shown);
    if (isDetail) {
      await shown.getByRole("table").getByRole("link").first().click();
      await expect(shown.getByRole("tab").first()).toBeVisible();
      await settled(shown);
    }
    await expect(shown.locator(".waiting")).toHaveCount(0);
    const file = `tour/${name}.jpg`;
    // As sharp as fits.
    for (const quality of [80, 65, 50, 40, 32]) {
      await shown.screenshot({ path: file, type: "jpeg", quality, scale: "css", animations: "disabled" });
      if (statSync(file).size <= BYTES_MAX) return;
    }
    expect(statSync(file).size).toBeLessThanOrEqual(BYTES_MAX);
  });
}
