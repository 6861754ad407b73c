/** Questions about one-click fixes: only the page of match quality asks them. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";

export interface FixesAsked {
  platform: Schemas["Platform"];
  dataset_id: string;
  from: string;
  to: string;
}

export const fixSuggestions = (asked: FixesAsked) =>
  queryOptions({
    queryKey: ["fixes", "suggestions", asked],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/qa/fixes/suggestions", { params: { query: asked }, signal })),
    placeholderData: keepPreviousData,
  });

export const fixHistory = () =>
  queryOptions({
    queryKey: ["fixes", "history"],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/qa/fixes/history", { params: { query: { page_size: 50 } }, signal })),
  });

export const fixRun = (id: string) =>
  queryOptions({
    queryKey: ["fixes", "run", id],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/qa/fixes/run/{id}", { params: { path: { id } }, signal })),
  });
