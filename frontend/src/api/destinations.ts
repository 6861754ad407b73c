/** Key and options of each question about the destinations that events are handed on to. */
import { queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";
import { SELDOM_MS } from "./queries";

export type Destination = Schemas["DestinationItem"];

/** How long back one looks at deliveries. */
export const SPANS = ["day", "week", "month"] as const;
export type Span = (typeof SPANS)[number];

const HOUR_MS = 3_600_000;
const SPAN_MS: Record<Span, number> = { day: 24 * HOUR_MS, week: 168 * HOUR_MS, month: 720 * HOUR_MS };
/** Longer spans hold hundreds of hours, of which only the last changes. */
const LONG_MS = 60_000;

const page = { params: { query: { page_size: 100 } } } as const;

export const destinations = () =>
  queryOptions({
    queryKey: ["destinations"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/destinations", { ...page, signal })),
    refetchInterval: SELDOM_MS,
  });

export const delivery = (id: string, span: Span) =>
  queryOptions({
    queryKey: ["delivery", id, span],
    queryFn: ({ signal }) => {
      const query = { from: new Date(Date.now() - SPAN_MS[span]).toISOString() };
      const params = { path: { id }, query };
      return dataOf(api.GET("/api/v1/destinations/{id}/delivery", { params, signal }));
    },
    refetchInterval: span === "day" ? SELDOM_MS : LONG_MS,
    // Of the same destination, while another span of it comes.
    placeholderData: (before, query) => (query?.queryKey[1] === id ? before : undefined),
  });

export const deadLetters = (id: string) =>
  queryOptions({
    queryKey: ["delivery", id, "letters"],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/destinations/{id}/dead-letters", { params: { path: { id } }, signal })),
    refetchInterval: SELDOM_MS,
  });

export const deliveryRequests = (id: string) =>
  queryOptions({
    queryKey: ["delivery", id, "requests"],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/destinations/{id}/requests", { params: { path: { id } }, signal })),
    refetchInterval: SELDOM_MS,
  });
