/** Key and options of each question about events as they come, and their quality over time. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "./client";
import { type EmqAsked, SELDOM_MS } from "./queries";

const kept = { placeholderData: keepPreviousData } as const;

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
