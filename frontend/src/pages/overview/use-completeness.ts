import { parseDate } from "@internationalized/date";
import { useMemo } from "react";
import type { Schemas } from "../../api/client";
import { type Completeness, completeness } from "../../figures/completeness";
import type { Period } from "../../figures/period";

const before = (day: string) => parseDate(day).subtract({ days: 1 }).toString();

export function useCompleteness(sums: Schemas["Kpis"] | undefined, period: Period): Completeness {
  return useMemo(() => completeness(sums, period, before), [sums, period]);
}
