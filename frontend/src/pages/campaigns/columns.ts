/** A figure of a campaign from both sources: where it stands in an item, and what the API sorts it by. */
import type { Schemas } from "../../api/client";
import { changeOf, KPIS, type KpiKey, nameOf, type Source } from "../../figures/kpi";

type Campaign = Schemas["CampaignItem"];

const REPORTED = {
  spend: "total_spend",
  revenue: "revenue",
  roas: "roas",
  conversions: "conversions",
  cpa: "cpa",
  ctr: "ctr",
  cvr: "cvr",
  cpc: "cpc",
  cpm: "cpm",
  clicks: "clicks",
  impressions: "impressions",
} as const satisfies Record<KpiKey, keyof Campaign>;

const TRACKED = {
  revenue: "tracked_revenue",
  roas: "tracked_roas",
  conversions: "tracked_conversions",
  cpa: "tracked_cpa",
  cvr: "tracked_cvr",
} as const satisfies Partial<Record<KpiKey, keyof Campaign>>;

/** Figures in the order of the columns. */
export const FIGURES = ["spend", "revenue", "roas", "conversions", "cpa", "ctr"] as const satisfies KpiKey[];

export const LARGE = "max-lg:hidden";
export const MEDIUM = "max-md:hidden";

/** Where there is room for a figure. */
export const SHAPES = {
  spend: "",
  revenue: MEDIUM,
  roas: "",
  conversions: LARGE,
  cpa: LARGE,
  ctr: LARGE,
} as const satisfies Record<(typeof FIGURES)[number], string>;

export type Sort = "name" | "created_at" | KpiKey;

export function hasTracked(key: KpiKey): key is keyof typeof TRACKED {
  return key in TRACKED;
}

/** The figure of a source; `null` where the source has none of it, or it is not known. */
export function campaignFigure(
  row: Campaign,
  key: KpiKey,
  source: Source,
  isTracked: boolean,
): number | null {
  if (source === "reported") return row[REPORTED[key]] ?? null;
  // Where none of our events names the platform, its sales were not looked for: that is not zero.
  return isTracked && hasTracked(key) ? (row[TRACKED[key]] ?? null) : null;
}

export function campaignChange(row: Campaign, key: KpiKey, lead: Source): number | null {
  return changeOf(row.comparison, KPIS[key], hasTracked(key) ? lead : "reported");
}

/** What the API sorts by: a figure of the leading source where that has one. */
export function sortName(sort: Sort, lead: Source): Schemas["CampaignSort"] {
  return sort === "name" || sort === "created_at" ? sort : nameOf(KPIS[sort], lead);
}
