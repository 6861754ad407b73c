import { CalendarDate, parseDate } from "@internationalized/date";
import { expect, test } from "vitest";
import type { Schemas } from "../src/api/client";
import { carriedRates, toldOf } from "../src/figures/attention";
import { completeness } from "../src/figures/completeness";
import { isDay } from "../src/figures/day";
import { changeOf, isBetter, KPIS } from "../src/figures/kpi";
import {
  completeDays,
  defaultPeriod,
  lastMonth,
  length,
  shift,
  thisMonth,
  withToday,
} from "../src/figures/period";
import { parseRates } from "../src/figures/rates";
import { gathered } from "../src/figures/refusals";

const next = (day: string) => parseDate(day).add({ days: 1 }).toString();

test("who has nothing older sees today, and others complete days", () => {
  const now = new CalendarDate(2026, 11, 28);
  expect(defaultPeriod("Africa/Cairo", true, now)).toEqual({ from: "2026-10-31", to: "2026-11-27" });
  expect(defaultPeriod("Africa/Cairo", false, now)).toEqual({ from: "2026-11-01", to: "2026-11-28" });
});

test("periods count both ends, whatever clocks and years do", () => {
  const days = [new CalendarDate(2026, 3, 30), new CalendarDate(2026, 10, 26), new CalendarDate(2027, 1, 2)];
  for (const now of days) {
    expect(length(completeDays("Europe/Berlin", 28, now))).toBe(28);
    expect(length(withToday("Europe/Berlin", 28, now))).toBe(28);
    const period = completeDays("UTC", 28, now);
    const before = shift(period, -1);
    expect(length(before)).toBe(28);
    expect(next(before.to)).toBe(period.from);
    expect(shift(before, 1)).toEqual(period);
    expect(parseDate(before.from).toDate("UTC").getUTCDay()).toBe(
      parseDate(period.from).toDate("UTC").getUTCDay(),
    );
  }
  expect(lastMonth("UTC", new CalendarDate(2024, 3, 31))).toEqual({ from: "2024-02-01", to: "2024-02-29" });
  expect(lastMonth("UTC", new CalendarDate(2027, 1, 1))).toEqual({ from: "2026-12-01", to: "2026-12-31" });
  expect(thisMonth("UTC", new CalendarDate(2027, 1, 1))).toEqual({ from: "2027-01-01", to: "2027-01-01" });
});

test("only days are days", () => {
  for (const text of ["2026-11-27", "2024-02-29"]) expect(isDay(text)).toBe(true);
  for (const text of ["2026-02-30", "2026-1-2", "27.11.2026", "", "2026-11-27T00:00"])
    expect(isDay(text)).toBe(false);
});

test("days a platform has not reported are gaps", () => {
  const period = { from: "2026-11-01", to: "2026-11-28" };
  const fresh = (open_from: string | null) => ({
    platform: "google" as const,
    reports_until: "2026-11-24",
    open_from,
    events_received_at: null,
    reports_received_at: null,
  });
  const missing = (platform: Schemas["Platform"], date_from: string) => ({
    platform,
    date_from,
    date_to: period.to,
    days: 1,
  });
  const before = (day: string) => parseDate(day).subtract({ days: 1 }).toString();
  const incomplete = [missing("google", "2026-11-25"), missing("meta", "2026-11-27")];
  const found = completeness({ incomplete, freshness: [fresh("2026-11-20")] }, period, before);
  expect(found.gaps[0]).toEqual({ platform: "google", from: "2026-11-25" });
  expect(found.incompleteFrom).toBe("2026-11-25");
  expect(found.completeTo).toBe("2026-11-24");
  expect(found.openFrom).toBe("2026-11-20");
  const none = completeness({ incomplete: [missing("meta", period.from)], freshness: [] }, period, before);
  expect(none.completeTo).toBeNull();
  const whole = { gaps: [], completeTo: "2026-11-28", openFrom: null };
  expect(completeness({ incomplete: [], freshness: [fresh(null)] }, period, before)).toMatchObject(whole);
});

test("what needs attention is told with the place where it is mended", () => {
  const words = { platform: (name: string) => name, day: (day: string) => day, number: String };
  const one = (kind: Schemas["ConcernKind"], values: object) =>
    toldOf(
      { concern: "x", kind, severity: "warn", since: null, values: values as never, dismissed: null },
      words,
    );
  expect(one("missing_rate", { currency: "EGP", days: 3 })).toMatchObject({
    values: { currency: "EGP", days: 3 },
    params: { section: "rates" },
  });
  expect(one("unreported", { platform: "google", date_from: "2026-11-25" })?.values).toEqual({
    platform: "google",
    day: "2026-11-25",
  });
  expect(one("connector", { name: "Ads", status: "needs_credentials" })?.text).toBe("concern.credentials");
  expect(one("connector", { name: "Ads", status: "working" })).toBeNull();
  expect(one("quality", { platform: "meta", score: 3.5, band: "poor" })?.to).toBe("/quality");
  const shop = { name: "Shop", platform: "meta" };
  expect(one("delivery", { ...shop, state: "needs_credentials" })).toMatchObject({
    text: "concern.destination",
    values: { name: "Shop", platform: "meta" },
    to: "/delivery",
  });
  expect(one("delivery", { ...shop, state: "failing" })?.text).toBe("concern.undelivered");
  const odd = { platform: "meta", metric: "spend", side: "above", date: "2026-11-25" };
  expect(one("unusual", odd)).toMatchObject({
    values: { platform: "meta", metric: "spend", side: "above", day: "2026-11-25" },
    to: "/campaigns",
  });
  expect(one("unusual", { ...odd, metric: "match_quality" })?.to).toBe("/quality");
  expect(one("later" as never, {})).toBeNull();
});

test("days of a carried rate are summed by currency", () => {
  const one = (currency: string, date_from: string, date_to: string, days: number) => ({
    currency,
    date_from,
    date_to,
    days,
    rate_date: "2026-11-20",
  });
  const found = carriedRates([
    one("EUR", "2026-11-21", "2026-11-22", 2),
    one("EGP", "2026-11-21", "2026-11-21", 1),
    one("EUR", "2026-11-28", "2026-11-28", 1),
  ]);
  expect([...found].map(([currency, { days, runs }]) => [currency, days, runs.length])).toEqual([
    ["EUR", 3, 2],
    ["EGP", 1, 1],
  ]);
});

test("more spend is neither good nor bad, lower costs are good", () => {
  expect(isBetter(KPIS.spend, 10)).toBeNull();
  expect(isBetter(KPIS.cpa, -10)).toBe(true);
  expect(isBetter(KPIS.revenue, -10)).toBe(false);
  expect(changeOf(null, KPIS.revenue, "reported")).toBeNull();
  expect(changeOf({ spend_change: null } as never, KPIS.spend, "reported")).toBeNull();
});

test("rates are read as they come out of a sheet", () => {
  const { rates, faults } = parseRates(
    "2026-11-27\tEUR\t0,9213\n2026-11-27 egp 48.12\n\nnonsense\n2026-02-30 EUR 1\n2026-11-27;JPY;1,234.5\n2026-11-27 EUR 0",
  );
  expect(rates.map(({ per_usd }) => per_usd)).toEqual([0.9213, 48.12, 1234.5]);
  expect(rates[1]?.currency).toBe("EGP");
  expect(faults).toEqual([4, 5, 7]);
});

test("a field is the same wherever its event stood in the request", () => {
  const one = (field: string, rows: number, reason: Schemas["RejectReason"] = "missing_field") => ({
    dataset_id: "1",
    platform: "meta" as const,
    field,
    rows,
    reason,
  });
  const rows = gathered([
    one("data[0].value", 2),
    one("data[7].value", 3),
    one("data[0].value", 1, "wrong_type"),
  ]);
  expect(rows.map(({ field, rows: count }) => [field, count])).toEqual([
    ["data[].value", 5],
    ["data[].value", 1],
  ]);
});
