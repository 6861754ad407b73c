/** What needs a person, worst first, each with the place where it is mended. */
import type { Schemas } from "../api/client";
import type { TextId } from "../app/texts";
import type { Completeness } from "./completeness";

export interface Concern {
  key: string;
  severity: "bad" | "warn";
  text: TextId;
  values: Record<string, string | number>;
  action: TextId;
  to: "/settings/$section" | "/reports" | "/events" | "/quality";
  params?: Record<string, string>;
}

export interface Known {
  missingRates?: Schemas["MissingRate"][];
  completeness?: Completeness;
  rejections?: Schemas["Rejections"][];
  connectors?: Schemas["ConnectorItem"][];
  scores?: Schemas["PlatformScore"][];
}

export interface Words {
  platform: (name: string) => string;
  day: (day: string) => string;
  number: (value: number) => string;
}

const SHOWN_MAX = 5;

/** What is told of a connector that does not bring everything. */
const BROKEN: Partial<Record<Schemas["ConnectorStatus"], TextId>> = {
  failing: "concern.failing",
  needs_credentials: "concern.credentials",
  partial: "concern.partial",
};

/** Days without a rate by currency; the API names each run of days apart. */
export function missingDays(rates: Schemas["MissingRate"][]): Map<string, number> {
  const days = new Map<string, number>();
  for (const one of rates) days.set(one.currency, (days.get(one.currency) ?? 0) + one.days);
  return days;
}

/** Days of each currency that an earlier day's rate was taken for. */
export function carriedRates(
  rates: Schemas["RateCarried"][],
): Map<string, { days: number; runs: { from: string; to: string }[] }> {
  const found = new Map<string, { days: number; runs: { from: string; to: string }[] }>();
  for (const { currency, days, date_from, date_to } of rates) {
    const before = found.get(currency);
    const runs = [...(before?.runs ?? []), { from: date_from, to: date_to }];
    found.set(currency, { days: days + (before?.days ?? 0), runs });
  }
  return found;
}

export function concerns(known: Known, words: Words): Concern[] {
  const found: Concern[] = [];
  for (const [currency, days] of missingDays(known.missingRates ?? [])) {
    found.push({
      key: `rate:${currency}`,
      severity: "bad",
      text: "concern.rate",
      values: { currency, days },
      action: "concern.rate.action",
      to: "/settings/$section",
      params: { section: "rates" },
    });
  }
  for (const one of known.connectors ?? []) {
    const text = one.enabled ? BROKEN[one.status] : undefined;
    if (!text) continue;
    found.push({
      key: `connector:${one.id}`,
      severity: one.status === "partial" ? "warn" : "bad",
      text,
      values: { name: one.name },
      action: "concern.connector.action",
      to: "/reports",
    });
  }
  const refused = (known.rejections ?? []).reduce((sum, { rows }) => sum + rows, 0);
  if (refused > 0) {
    found.push({
      key: "refused",
      severity: "warn",
      text: "concern.refused",
      values: { rows: refused, shown: words.number(refused) },
      action: "concern.refused.action",
      to: "/events",
    });
  }
  for (const { platform, from } of known.completeness?.gaps ?? []) {
    found.push({
      key: `gap:${platform}`,
      severity: "warn",
      text: "concern.gap",
      values: { platform: words.platform(platform), day: words.day(from) },
      action: "concern.gap.action",
      to: "/reports",
    });
  }
  for (const { platform, band, score } of known.scores ?? []) {
    if (!platform || (band !== "poor" && band !== "ok")) continue;
    found.push({
      key: `score:${platform}`,
      severity: band === "poor" ? "bad" : "warn",
      text: "concern.score",
      values: { platform: words.platform(platform), score: words.number(score ?? 0) },
      action: "concern.score.action",
      to: "/quality",
    });
  }
  const rank = { bad: 0, warn: 1 };
  return found.sort((a, b) => rank[a.severity] - rank[b.severity]).slice(0, SHOWN_MAX);
}
