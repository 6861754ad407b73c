/** Key and options of each question. Keys begin with the question's name, which the live stream renews. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
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

export const breakdown = (
  asked: Asked & {
    by: Part;
    sort_by?: Schemas["Kpi"];
    sort_order?: Schemas["SortOrder"];
    page?: number;
    page_size?: number;
  },
) =>
  queryOptions({
    queryKey: ["breakdown", asked],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/analytics/breakdown", { params: { query: asked }, signal })),
    ...kept,
  });

export const ingest = (range: Range) =>
  queryOptions({
    queryKey: ["ingest", range],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/analytics/ingest", { params: { query: range }, signal })),
    ...kept,
  });

/** What the live stream renews is asked for by itself this often, in case a hint was lost. */
export const SELDOM_MS = 15_000;

/** The newest events. */
export const recentEvents = () =>
  queryOptions({
    queryKey: ["recent"],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/events/recent", { params: { query: { limit: 200 } }, signal })),
    refetchInterval: SELDOM_MS,
    ...kept,
  });

export const arrivals = (step: "minute" | "hour") =>
  queryOptions({
    queryKey: ["arrivals", step],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/events/arrivals", { params: { query: { step } }, signal })),
    refetchInterval: step === "minute" ? 10_000 : 60_000,
    ...kept,
  });

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

export const emqHistory = (asked: EmqAsked) =>
  queryOptions({
    queryKey: ["emq", "history", asked],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/emq/history", { params: { query: asked }, signal })),
    ...kept,
  });

export const emqDiagnostics = (asked: EmqAsked) =>
  queryOptions({
    queryKey: ["emq", "diagnostics", asked],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/emq/diagnostics", { params: { query: asked }, signal })),
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

const CAMPAIGNS_PAGE = 100;

/** The first campaigns of a list. */
export const firstCampaigns = (asked: CampaignsAsked, page_size: number) =>
  queryOptions({
    queryKey: ["campaigns", "first", page_size, asked],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/campaigns", { params: { query: { ...asked, page_size } }, signal })),
    ...kept,
  });

export const campaignTotals = (asked: CampaignsFilter & Compared) =>
  queryOptions({
    queryKey: ["campaigns", "totals", asked],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/campaigns/totals", { params: { query: asked }, signal })),
    ...kept,
  });

export const campaignLabels = () =>
  queryOptions({
    queryKey: ["campaigns", "labels"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/campaigns/labels", { signal })),
  });

export const campaignChanges = (id: string) =>
  queryOptions({
    queryKey: ["campaign", id, "changes"],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/v1/campaigns/{id}/changes", {
          params: { path: { id }, query: { page_size: 100 } },
          signal,
        }),
      ),
  });

export const campaigns = (asked: CampaignsAsked) =>
  infiniteQueryOptions({
    queryKey: ["campaigns", asked],
    initialPageParam: 1,
    queryFn: ({ pageParam, signal }) =>
      answer(
        api.GET("/api/v1/campaigns", {
          params: { query: { ...asked, page: pageParam, page_size: CAMPAIGNS_PAGE } },
          signal,
        }),
      ),
    getNextPageParam: (last, _, page) => (page < (last.pagination?.total_pages ?? 0) ? page + 1 : undefined),
    ...kept,
  });

export const campaign = (id: string) =>
  queryOptions({
    queryKey: ["campaign", id],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/campaigns/{id}", { params: { path: { id } }, signal })),
  });

export const campaignMetrics = (id: string, asked: Range & { granularity: Granularity }) =>
  queryOptions({
    queryKey: ["metrics", id, asked],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/campaigns/{id}/metrics", { params: { path: { id }, query: asked }, signal })),
    ...kept,
  });

export const assets = (campaign_id: string) =>
  queryOptions({
    queryKey: ["assets", campaign_id],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/assets", { params: { query: { campaign_id, page_size: 100 } }, signal })),
  });

export const forecast = (asked: {
  campaign_id?: string;
  platform?: Schemas["Platform"];
  days_ahead: number;
}) =>
  queryOptions({
    queryKey: ["forecast", asked],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/predictions/roas", { params: { query: asked }, signal })),
    staleTime: 300_000,
    ...kept,
  });

export const simulation = (body: Schemas["SimulateRequest"]) =>
  queryOptions({
    queryKey: ["simulation", body],
    queryFn: ({ signal }) => dataOf(api.POST("/api/v1/simulate", { body, signal })),
    staleTime: 300_000,
    ...kept,
  });

export const budget = (body: Schemas["BudgetRequest"]) =>
  queryOptions({
    queryKey: ["budget", body],
    queryFn: ({ signal }) => dataOf(api.POST("/api/v1/predictions/budget-optimize", { body, signal })),
    staleTime: 300_000,
    ...kept,
  });

export const savedPlans = () =>
  queryOptions({
    queryKey: ["plans"],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/plans", { params: { query: { page_size: 100 } }, signal })),
  });

export const rules = () =>
  queryOptions({
    queryKey: ["rules", "list"],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/rules", { params: { query: { page_size: 100 } }, signal })),
    refetchInterval: 60_000,
    ...kept,
  });

export const ruleExecutions = () =>
  queryOptions({
    queryKey: ["rules", "executions"],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/rules/executions", { params: { query: { page_size: 50 } }, signal })),
    ...kept,
  });

export const savedPlan = (id: string) =>
  queryOptions({
    queryKey: ["plans", id],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/plans/{id}", { params: { path: { id } }, signal })),
  });

const whole = { params: { query: { page_size: 100 } } } as const;

export const datasets = () =>
  queryOptions({
    queryKey: ["datasets"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/datasets", { ...whole, signal })),
  });

export const tracking = () =>
  queryOptions({
    queryKey: ["tracking"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/tracking", { ...whole, signal })),
  });

export const trackingVersions = (dataset: string) =>
  queryOptions({
    queryKey: ["tracking", dataset],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/v1/tracking/{dataset}/versions", {
          params: { path: { dataset }, query: { page_size: 100 } },
          signal,
        }),
      ),
  });

export const apiKeys = () =>
  queryOptions({
    queryKey: ["apiKeys"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/api-keys", { ...whole, signal })),
  });

export const connectorKinds = () =>
  queryOptions({
    queryKey: ["connectorKinds"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/connectors/kinds", { signal })),
    staleTime: 3_600_000,
  });

export const connectors = () =>
  queryOptions({
    queryKey: ["connectors"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/connectors", { ...whole, signal })),
  });

export const pullRuns = (id: string) =>
  queryOptions({
    queryKey: ["pullRuns", id],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/v1/connectors/{id}/runs", {
          params: { path: { id }, query: { page_size: 20 } },
          signal,
        }),
      ),
  });

export const adAccounts = () =>
  queryOptions({
    queryKey: ["adAccounts"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/ad-accounts", { ...whole, signal })),
  });

export const exportEstimate = (body: Schemas["ExportBody"]) =>
  queryOptions({
    queryKey: ["exportEstimate", body],
    queryFn: ({ signal }) => dataOf(api.POST("/api/v1/analytics/export/estimate", { body, signal })),
    ...kept,
  });

export const exportKinds = () =>
  queryOptions({
    queryKey: ["exportKinds"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/analytics/export/kinds", { signal })),
    staleTime: 3_600_000,
  });

export const exportJobs = () =>
  queryOptions({
    queryKey: ["exports"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/analytics/export", { ...whole, signal })),
  });

export const exportSchedules = () =>
  queryOptions({
    queryKey: ["exports", "schedules"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/analytics/export/schedules", { signal })),
  });

export const tenant = () =>
  queryOptions({
    queryKey: ["tenant"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/tenant", { signal })),
  });

export const users = () =>
  queryOptions({
    queryKey: ["users"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/users", { ...whole, signal })),
  });

export const invitations = () =>
  queryOptions({
    queryKey: ["invitations"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/users/invitations", { ...whole, signal })),
  });

export const rates = (range: Range) =>
  queryOptions({
    queryKey: ["rates", range],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/fx-rates", { params: { query: { ...range, page_size: 100 } }, signal })),
    ...kept,
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
  emq_update: ["attention", "emq", "ingest", "recent", "arrivals"],
  ingest_rejects: ["attention", "ingest", "recent", "arrivals"],
  export_done: ["attention", "exports"],
  rule_triggered: ["attention", "rules", "campaigns", "campaign"],
};

/** The questions that a live event makes old. */
export function renewed(kind: string, data: Record<string, unknown>): string[] {
  return kind === "resource_update" ? (CHANGED[String(data.resource)] ?? []) : (RENEWED[kind] ?? []);
}
