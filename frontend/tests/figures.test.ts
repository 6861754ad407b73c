import { CalendarDate, parseDate } from "@internationalized/date";
import { expect, test } from "vitest";
import type { Schemas } from "../src/api/client";
import { carriedRates, concerns } from "../src/figures/attention";
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
  const one = (
    platform: Schemas["Platform"],
    reports_until: string | null,
    open_from: string | null = null,
  ) => ({
    platform,
    reports_until,
    open_from,
    events_received_at: null,
    reports_received_at: null,
  });
  const found = completeness(
    [one("meta", "2026-11-28"), one("google", "2026-11-24", "2026-11-20"), one("tiktok", null)],
    period,
    next,
  );
  expect(found.gaps).toEqual([{ platform: "google", from: "2026-11-25" }]);
  expect(found.incompleteFrom).toBe("2026-11-25");
  expect(found.completeTo).toBe("2026-11-24");
  expect(found.openFrom).toBe("2026-11-20");
  const none = completeness([one("meta", "2026-10-01")], period, next);
  expect(none.gaps).toEqual([{ platform: "meta", from: "2026-11-01" }]);
  expect(none.completeTo).toBeNull();
  expect(completeness([one("meta", "2026-12-01")], period, next)).toMatchObject({
    gaps: [],
    completeTo: "2026-11-28",
  });
});

test("what needs attention comes worst first, and not all of it", () => {
  const words = { platform: (name: string) => name, day: (day: string) => day, number: String };
  const found = concerns(
    {
      missingRates: [{ currency: "EGP", days: 3 }],
      rejections: [
        { dataset_id: "1", field: "value", platform: "meta", reason: "missing_field", rows: 2 },
        { dataset_id: "1", field: "", platform: "meta", reason: "too_old", rows: 5 },
      ],
      scores: (["meta", "google", "tiktok", "snapchat"] as const).map((platform) => ({
        platform,
        band: "ok",
        score: 5,
        events: 10,
        weights_version: "1",
      })),
    },
    words,
  );
  expect(found).toHaveLength(5);
  expect(found[0]?.text).toBe("concern.rate");
  expect(found[1]).toMatchObject({ text: "concern.refused", values: { rows: 7 }, to: "/events" });
  expect(concerns({}, words)).toEqual([]);
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
