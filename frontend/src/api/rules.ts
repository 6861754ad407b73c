/** Key and options of each question about rules. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "./client";

const kept = { placeholderData: keepPreviousData } as const;

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
