import { parseDate } from "@internationalized/date";
import { useMemo } from "react";
import type { Schemas } from "../../api/client";
import { type Completeness, completeness } from "../../figures/completeness";
import type { Period } from "../../figures/period";

const next = (day: string) => parseDate(day).add({ days: 1 }).toString();

export function useCompleteness(
  freshness: Schemas["PlatformFreshness"][] | undefined,
  period: Period,
): Completeness {
  return useMemo(() => completeness(freshness ?? [], period, next), [freshness, period]);
}
