/** What needs a person, in words, each with the place where it is mended. */
import type { Schemas } from "../api/client";
import type { TextId } from "../app/texts";

export interface Told {
  text: TextId;
  values: Record<string, string | number>;
  action: TextId;
  to:
    | "/settings/$section"
    | "/reports"
    | "/events"
    | "/quality"
    | "/exports"
    | "/rules"
    | "/campaigns"
    | "/delivery";
  params?: Record<string, string>;
}

export interface Words {
  platform: (name: string) => string;
  day: (day: string) => string;
  number: (value: number) => string;
}

/** So many are shown unless all are asked for. */
export const SHOWN_MAX = 5;

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
  rates: Schemas["CarriedRate"][],
): Map<string, { days: number; runs: { from: string; to: string }[] }> {
  const found = new Map<string, { days: number; runs: { from: string; to: string }[] }>();
  for (const { currency, days, date_from, date_to } of rates) {
    const before = found.get(currency);
    const runs = [...(before?.runs ?? []), { from: date_from, to: date_to }];
    found.set(currency, { days: days + (before?.days ?? 0), runs });
  }
  return found;
}

interface Values {
  currency: string;
  days: number;
  platform: string;
  date_from: string;
  rows: number;
  dataset_id: string;
  score: number;
  name: string;
  campaigns: number;
  status: Schemas["ConnectorStatus"];
  metric: Schemas["WatchedMetric"];
  side: Schemas["BandSide"];
  state: Schemas["LaneState"];
  date: string;
}

/** A concern in words; `null` for one of a later version of the program. */
export function toldOf({ kind, values }: Schemas["ConcernItem"], words: Words): Told | null {
  const of = values as unknown as Values;
  switch (kind) {
    case "missing_rate":
      return {
        text: "concern.rate",
        values: { currency: of.currency, days: of.days },
        action: "concern.rate.action",
        to: "/settings/$section",
        params: { section: "rates" },
      };
    case "connector": {
      const text = BROKEN[of.status];
      return text
        ? { text, values: { name: of.name }, action: "concern.connector.action", to: "/reports" }
        : null;
    }
    case "delivery":
      return {
        text: of.state === "failing" ? "concern.undelivered" : "concern.destination",
        values: { name: of.name, platform: words.platform(of.platform) },
        action: "concern.destination.action",
        to: "/delivery",
      };
    case "refused":
      return {
        text: "concern.refused",
        values: { rows: of.rows, shown: words.number(of.rows), dataset: of.dataset_id || "–" },
        action: "concern.refused.action",
        to: "/events",
      };
    case "unreported":
      return {
        text: "concern.gap",
        values: { platform: words.platform(of.platform), day: words.day(of.date_from) },
        action: "concern.gap.action",
        to: "/reports",
      };
    case "quality":
      return {
        text: "concern.score",
        values: { platform: words.platform(of.platform), score: words.number(of.score) },
        action: "concern.score.action",
        to: "/quality",
      };
    case "export":
      return { text: "concern.export", values: {}, action: "concern.export.action", to: "/exports" };
    case "rule":
      return {
        text: "concern.rule",
        values: { name: of.name, campaigns: of.campaigns, shown: words.number(of.campaigns) },
        action: "concern.rule.action",
        to: "/rules",
      };
    case "unusual": {
      const isQuality = of.metric === "match_quality";
      return {
        text: "concern.unusual",
        values: {
          platform: words.platform(of.platform),
          metric: of.metric,
          side: of.side,
          day: words.day(of.date),
        },
        action: isQuality ? "concern.score.action" : "concern.unusual.action",
        to: isQuality ? "/quality" : "/campaigns",
      };
    }
    default:
      return null;
  }
}
