/** Key and options of each question about campaigns. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, dataOf, type Schemas } from "./client";
import type { Asked, CampaignsAsked, CampaignsFilter, Compared, Granularity, Part, Range } from "./queries";

const kept = { placeholderData: keepPreviousData } as const;

const CAMPAIGNS_PAGE = 100;

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
