/** Key and options of each question. Keys begin with the question's name, which the live stream renews. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, dataOf, type Schemas } from "./client";

export interface Range {
  date_from: string;
  date_to: string;
}

export interface Asked extends Range {
  /** Platforms, parted by commas. */
  platform?: string;
  /** Ad accounts, parted by commas. */
  account_id?: string;
  campaign_id?: string;
  currency?: string;
}

export type Granularity = Schemas["Granularity"];

/** What the days are compared with. */
export interface Compared {
  compare_period?: Schemas["ComparePeriod"];
  compare_from?: string;
}

const kept = { placeholderData: keepPreviousData } as const;

export const me = () =>
  queryOptions({
    queryKey: ["me"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/auth/me", { signal })),
    staleTime: 60_000,
  });

export const kpis = (asked: Asked & Compared) =>
  queryOptions({
    queryKey: ["kpis", asked],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/analytics/kpis", { params: { query: asked }, signal })),
    ...kept,
  });

export const platforms = (asked: Asked & Compared) =>
  queryOptions({
    queryKey: ["platforms", asked],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/analytics/platforms", { params: { query: asked }, signal })),
    ...kept,
  });

export const series = (asked: Asked & Compared & { granularity: Granularity; by?: "platform" }) =>
  queryOptions({
    queryKey: ["series", asked],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/analytics/series", { params: { query: asked }, signal })),
    ...kept,
  });

export type Part = Schemas["BreakdownBy"];

export const ingest = (range: Range) =>
  queryOptions({
    queryKey: ["ingest", range],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/analytics/ingest", { params: { query: range }, signal })),
    ...kept,
  });

/** What the live stream renews is asked for by itself this often, in case a hint was lost. */
export const SELDOM_MS = 15_000;

export const attention = (range: Range) =>
  queryOptions({
    queryKey: ["attention", range],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/attention", { params: { query: range }, signal })),
    ...kept,
  });

export const notes = (asked: Range & { platform?: string; campaign_id?: string }) =>
  queryOptions({
    queryKey: ["notes", asked],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/notes", { params: { query: asked }, signal })),
    ...kept,
  });

export const views = () =>
  queryOptions({
    queryKey: ["views"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/views", { signal })),
    staleTime: 60_000,
  });

export interface EmqAsked {
  from: string;
  to: string;
  platform?: Schemas["Platform"];
  dataset_id?: string;
  event_name?: string;
}

export const emqScore = (asked: EmqAsked) =>
  queryOptions({
    queryKey: ["emq", "score", asked],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/emq/score", { params: { query: asked }, signal })),
    ...kept,
  });

/** Which campaigns. */
export interface CampaignsFilter extends Range {
  platform?: string;
  account_id?: string;
  status?: string;
  labels?: string;
  search?: string;
  having?: string;
  currency?: string;
}

export interface CampaignsAsked extends CampaignsFilter, Compared {
  sort_by?: Schemas["CampaignSort"];
  sort_order?: Schemas["SortOrder"];
  spark?: Schemas["Kpi"];
}

/** The first campaigns of a list. */
export const firstCampaigns = (asked: CampaignsAsked, page_size: number) =>
  queryOptions({
    queryKey: ["campaigns", "first", page_size, asked],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/campaigns", { params: { query: { ...asked, page_size } }, signal })),
    ...kept,
  });

const whole = { params: { query: { page_size: 100 } } } as const;

export const adAccounts = () =>
  queryOptions({
    queryKey: ["adAccounts"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/ad-accounts", { ...whole, signal })),
  });

export interface AuditAsked {
  action?: string;
  outcome?: string;
  object?: string;
  page: number;
}

export const audit = (asked: AuditAsked) =>
  queryOptions({
    queryKey: ["audit", asked],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/audit", { params: { query: { ...asked, page_size: 50 } as never }, signal })),
    ...kept,
  });

/** What a change of something that users keep makes old, by the name of its kind. */
const CHANGED: Record<string, string[]> = {
  "analytics/export": ["exports", "attention"],
  "api-keys": ["apiKeys"],
  assets: ["assets"],
  attention: ["attention"],
  campaigns: ["campaigns", "campaign", "metrics", "breakdown"],
  connectors: ["connectors", "pullRuns", "adAccounts", "attention", "notes"],
  datasets: ["datasets", "tracking"],
  destinations: ["destinations", "delivery"],
  "fx-rates": ["rates", "kpis", "platforms", "series", "breakdown", "campaigns", "campaign", "attention"],
  imports: ["campaigns", "imports"],
  notes: ["notes"],
  "qa/fixes": ["fixes", "tracking", "notes"],
  rules: ["rules", "attention"],
  tenant: ["tenant", "me"],
  tracking: ["tracking", "notes"],
  users: ["users", "invitations"],
  views: ["views"],
};

/** What a kind of live event makes old. */
const RENEWED: Record<string, string[]> = {
  metric_update: [
    "attention",
    "kpis",
    "platforms",
    "series",
    "breakdown",
    "campaigns",
    "campaign",
    "metrics",
    "ingest",
    "recent",
    "arrivals",
  ],
  emq_update: ["attention", "emq", "fixes", "ingest", "recent", "arrivals"],
  fix_run: ["fixes"],
  ingest_rejects: ["attention", "ingest", "recent", "arrivals"],
  export_done: ["attention", "exports"],
  rule_triggered: ["attention", "rules", "campaigns", "campaign"],
};

/** The questions that a live event makes old. */
export function renewed(kind: string, data: Record<string, unknown>): string[] {
  return kind === "resource_update" ? (CHANGED[String(data.resource)] ?? []) : (RENEWED[kind] ?? []);
}
