/** Key and options of each question about what will be. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";

const kept = { placeholderData: keepPreviousData } as const;

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

export const savedPlan = (id: string) =>
  queryOptions({
    queryKey: ["plans", id],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/plans/{id}", { params: { path: { id } }, signal })),
  });
