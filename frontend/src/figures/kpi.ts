/** A row a KPI: where its figures stand in an answer, its unit, which way is better. */
import type { Schemas } from "../api/client";
import type { Unit } from "../format/format";

type Figures = Schemas["Figures"];
type Changes = Schemas["Changes"];
/** Figures of our own events, which the API calls alike wherever it names them. */
type Tracked = keyof Figures & Schemas["Kpi"];

export interface Kpi {
  key: KpiKey;
  unit: Unit;
  better: "up" | "down" | "neither";
  reported: keyof Figures;
  tracked: Tracked | null;
  reportedChange: keyof Changes | null;
  trackedChange: keyof Changes | null;
}

export const KPI_KEYS = [
  "revenue",
  "spend",
  "roas",
  "conversions",
  "cpa",
  "ctr",
  "cvr",
  "cpc",
  "cpm",
  "clicks",
  "impressions",
] as const;

export type KpiKey = (typeof KPI_KEYS)[number];

function kpi(
  key: KpiKey,
  unit: Unit,
  better: Kpi["better"],
  reported: keyof Figures,
  reportedChange: keyof Changes,
  tracked: Tracked | null = null,
  trackedChange: keyof Changes | null = null,
): Kpi {
  return { key, unit, better, reported, tracked, reportedChange, trackedChange };
}

export const KPIS: Record<KpiKey, Kpi> = {
  spend: kpi("spend", "money", "neither", "total_spend", "spend_change"),
  revenue: kpi(
    "revenue",
    "money",
    "up",
    "total_revenue",
    "revenue_change",
    "tracked_revenue",
    "tracked_revenue_change",
  ),
  roas: kpi("roas", "ratio", "up", "avg_roas", "roas_change", "tracked_roas", "tracked_roas_change"),
  conversions: kpi(
    "conversions",
    "count",
    "up",
    "total_conversions",
    "conversions_change",
    "tracked_conversions",
    "tracked_conversions_change",
  ),
  cpa: kpi("cpa", "money", "down", "avg_cpa", "cpa_change", "tracked_cpa", "tracked_cpa_change"),
  ctr: kpi("ctr", "percent", "up", "avg_ctr", "ctr_change"),
  cvr: kpi("cvr", "percent", "up", "avg_cvr", "cvr_change", "tracked_cvr", "tracked_cvr_change"),
  cpc: kpi("cpc", "money", "down", "avg_cpc", "cpc_change"),
  cpm: kpi("cpm", "money", "down", "avg_cpm", "cpm_change"),
  clicks: kpi("clicks", "count", "up", "total_clicks", "clicks_change"),
  impressions: kpi("impressions", "count", "up", "total_impressions", "impressions_change"),
};

export type Source = "tracked" | "reported";

/** The figure of a source; `null` where the source has none, or it is unknown. */
export function figureOf(figures: Figures | null | undefined, kpi: Kpi, source: Source): number | null {
  const field = kpi[source];
  return field && figures ? (figures[field] ?? null) : null;
}

export function changeOf(changes: Changes | null | undefined, kpi: Kpi, source: Source): number | null {
  const field = source === "tracked" ? kpi.trackedChange : kpi.reportedChange;
  return field && changes ? (changes[field] ?? null) : null;
}

/** The name that the API knows the figure of a source by. */
export function nameOf(kpi: Kpi, source: Source): Schemas["Kpi"] {
  return source === "tracked" && kpi.tracked !== null ? kpi.tracked : kpi.key;
}

/** Whether a change is good news; `null` where it is neither. */
export function isBetter(kpi: Kpi, change: number): boolean | null {
  if (kpi.better === "neither" || change === 0) return null;
  return kpi.better === "up" ? change > 0 : change < 0;
}
