/** Key and options of each question about exports. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";

const kept = { placeholderData: keepPreviousData } as const;

const whole = { params: { query: { page_size: 100 } } } as const;

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
