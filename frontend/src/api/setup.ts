/** Key and options of each question about where events and reports come from. */
import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "./client";

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
