/** Key and options of each question about the tenant, its users and rates. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, dataOf } from "./client";
import type { Range } from "./queries";

const kept = { placeholderData: keepPreviousData } as const;

const whole = { params: { query: { page_size: 100 } } } as const;

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
