// No control without effect: every button and link of every page is pressed, each on the page as it opens. What stands
// around all pages alike is pressed on one.
import type { Locator, Page } from "@playwright/test";
import { PAGES } from "./pages";
import { expect, settled, test } from "./world";

const WALKED = [
  ...[...PAGES, "/reports?tab=accounts", "/status"].map((path) => ({ path, name: path, isAround: false })),
  { path: "/", name: "what stands around all pages", isAround: true },
];

const CONTROLS =
  "a[href], button, [role=tab], [role=radio], [role=switch], input[type=checkbox], input[type=radio], summary";
const EFFECT_MS = 3000;
/** A page that one comes back to shows what it showed within this time, or is opened anew. */
const BACK_MS = 1000;
/** Of controls that are alike, such as those of a table's rows, so many are pressed. */
const ALIKE_MAX = 2;

interface Control {
  at: number;
  name: string;
}

/** The controls that a person could press now; what is alike but for its place in a table counts as alike. */
async function controls(page: Page, isAround: boolean): Promise<Control[]> {
  const all = await page.locator(CONTROLS).evaluateAll(
    (elements, isAround) =>
      elements.map((element, at) => {
        // A field of its own look is hidden within its label; what is folded away is not there to press.
        const seen = element.closest("label") ?? element;
        const box = seen.getBoundingClientRect();
        const name = (element.getAttribute("aria-label") ?? element.textContent ?? "").trim();
        const isDisabled =
          element.matches(":disabled, [aria-disabled=true], [data-disabled] *, [data-disabled]") ||
          element.closest("[inert], [aria-hidden=true]") !== null;
        const isShown = seen.checkVisibility() && box.width > 1 && box.height > 1;
        // What is chosen already, is where it leads, or only brings the focus to a field.
        const isChosen =
          element.matches(
            "[aria-selected=true], [aria-checked=true], [aria-pressed=true], [type=radio]:checked, [aria-current=page]",
          ) || element.getAttribute("href") === "#page";
        const row = element.closest("tr, [role=row], li")?.closest("table, [role=table], ul, ol");
        const kind = row
          ? `${element.tagName}${element.className} in ${row.getAttribute("aria-label") ?? ""}`
          : "";
        const isOfPage = (element.closest("main") === null) === isAround;
        const isPressed = isOfPage && isShown && !isDisabled && !isChosen;
        return { at, name: name || element.id, kind, isPressed };
      }),
    isAround,
  );
  const seen = new Map<string, number>();
  return all.filter(({ kind, isPressed }) => {
    if (!isPressed) return false;
    const before = seen.get(kind) ?? 0;
    seen.set(kind, before + 1);
    return kind === "" || before < ALIKE_MAX;
  });
}

/** What is to be seen, without what moves by itself: times, and figures that new events change. */
function look(page: Page): Promise<string> {
  return page.evaluate(() => {
    const words = (document.body.textContent ?? "").replaceAll(/[\d.,:٠-٩]+/g, "");
    const states = [...document.querySelectorAll("*")].flatMap((element) => {
      const names = [
        "aria-expanded",
        "aria-pressed",
        "aria-selected",
        "aria-checked",
        "open",
        "data-theme",
        "dir",
      ];
      const found = names.map((name) => element.getAttribute(name)).filter((value) => value !== null);
      const checked = element instanceof HTMLInputElement ? [String(element.checked), element.type] : [];
      return [...found, ...checked];
    });
    const root = document.documentElement;
    return JSON.stringify([
      location.href,
      words,
      states,
      [
        root.dataset.theme,
        root.lang,
        document.querySelectorAll("[role=dialog], [role=alert], :invalid").length,
      ],
      document.activeElement?.tagName === "INPUT" ? document.activeElement.getAttribute("name") : null,
    ]);
  });
}

/** Presses it, and returns true where something was asked, gone to, saved, chosen or shown. */
async function hasEffect(page: Page, control: Locator): Promise<boolean> {
  const before = await look(page);
  let isAsked = false;
  const note = () => {
    isAsked = true;
  };
  // The live stream is read all the time, and what it renews is asked without anybody's doing.
  const sent = (request: { method: () => string; resourceType: () => string }) => {
    if (request.method() !== "GET" || request.resourceType() === "document") note();
  };
  page.on("request", sent);
  for (const event of ["download", "filechooser", "popup"] as const) page.on(event as "download", note);
  try {
    await control.click({ timeout: EFFECT_MS, force: true });
    await expect
      .poll(async () => isAsked || (await look(page).catch(() => "gone")) !== before, { timeout: EFFECT_MS })
      .toBe(true);
    return true;
  } catch {
    return false;
  } finally {
    page.off("request", sent);
    for (const event of ["download", "filechooser", "popup"] as const) page.off(event as "download", note);
  }
}

/** Goes back where another address is shown; true once the page shows what it showed. */
async function isBack(page: Page, home: string, first: string): Promise<boolean> {
  if (page.url() === home) return false;
  await page.goBack();
  const isAgain = async () => page.url() === home && (await look(page)) === first;
  return expect
    .poll(isAgain, { timeout: BACK_MS })
    .toBe(true)
    .then(
      () => true,
      () => false,
    );
}

for (const { path, name, isAround } of WALKED) {
  test(`every control of ${name} does something`, async ({ signedIn: page, eyes, context }) => {
    test.setTimeout(240_000);
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    // What is pressed without being filled in is refused, and says so.
    eyes.expected.push(400, 401, 403, 404, 409, 422);
    // Nothing is changed for the other tests: what would be written is refused on its way.
    await page.route(/\/api\/v1\/(?!auth\/refresh)/, (route) =>
      ["GET", "HEAD"].includes(route.request().method()) ||
      /budget-optimize|simulate|response/.test(route.request().url())
        ? route.fallback()
        : route.fulfill({
            status: 409,
            contentType: "application/json",
            body: '{"success":false,"error":"conflict","message":"not in this test","details":[]}',
          }),
    );
    const open = async () => {
      await page.goto(path);
      await settled(page);
    };
    await open();
    const dead: string[] = [];
    const found = await controls(page, isAround);
    expect(found.length).toBeGreaterThan(0);
    const first = await look(page);
    const home = page.url();
    for (const { at, name: pressed } of found) {
      if (!(await hasEffect(page, page.locator(CONTROLS).nth(at)))) dead.push(pressed);
      // A page that only opened something is as it was once that is closed, and one that was left once one is back.
      await page.keyboard.press("Escape");
      if ((await look(page)) !== first && !(await isBack(page, home, first))) {
        await page.evaluate(() => localStorage.removeItem("stratum.look"));
        await open();
      }
    }
    expect(dead, "controls without an effect").toEqual([]);
  });
}
