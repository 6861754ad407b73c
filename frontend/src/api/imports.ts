import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "./client";

/** Files of ad reports that were imported, the newest first. */
export const pastImports = () =>
  queryOptions({
    queryKey: ["imports"],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/imports/ad-reports", { params: { query: { page_size: 50 } }, signal })),
  });
