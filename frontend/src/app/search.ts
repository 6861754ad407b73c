/** What stands in the URL: the days, what they are compared with, the platform, which source leads. */
import { parseAbsolute, toCalendarDate, today } from "@internationalized/date";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { type Asked, type Compared, kpis } from "../api/queries";
import type { Source } from "../figures/kpi";
import { defaultPeriod, type Period } from "../figures/period";
import { useMe } from "./me";
import type { SharedSearch } from "./search-schema";

export type { SharedSearch };

/** What stays when one goes to another page. */
export function carried(search: Record<string, unknown>): SharedSearch {
  const { from, to, vs, platform, lead } = search as SharedSearch;
  return { from, to, vs, platform, lead };
}

export interface View {
  period: Period;
  isDefault: boolean;
  compared: Compared | null;
  platform: SharedSearch["platform"];
  lead: Source;
  /** The days and the platform, as questions take them. */
  asked: Asked;
  /** Today in the tenant's zone. */
  today: string;
  change: (change: Partial<SharedSearch>) => void;
}

/** False for a tenant that began today and has nothing of the days before: it then sees today. */
function useHasPast(): boolean {
  const { tenant } = useMe();
  const began = toCalendarDate(parseAbsolute(tenant.created_at, tenant.time_zone));
  const isFirstDay = began.compare(today(tenant.time_zone)) >= 0;
  const { from, to } = defaultPeriod(tenant.time_zone, true);
  const { data } = useQuery({ ...kpis({ date_from: from, date_to: to }), enabled: isFirstDay });
  return !(isFirstDay && data?.total_spend === 0 && data.tracked_conversions === 0);
}

/** The view that the URL names, with its defaults. */
export function useView(): View {
  const { tenant } = useMe();
  const search = useSearch({ strict: false }) as SharedSearch;
  const navigate = useNavigate();
  const now = today(tenant.time_zone).toString();
  const { from, to, vs, platform, lead } = search;
  const hasPast = useHasPast();
  return useMemo(() => {
    const chosen = from && to && from <= to ? { from, to } : null;
    const period = chosen ?? defaultPeriod(tenant.time_zone, hasPast);
    return {
      period,
      isDefault: !chosen,
      compared: vs === "none" ? null : vs === "year" ? "previous_year" : "previous_period",
      platform,
      lead: lead ?? "tracked",
      asked: { date_from: period.from, date_to: period.to, ...(platform ? { platform } : {}) },
      today: now,
      change: (change) =>
        void navigate({
          to: ".",
          search: ((old: object) => ({ ...old, ...change })) as never,
          replace: true,
        }),
    };
  }, [from, to, vs, platform, lead, now, tenant.time_zone, hasPast, navigate]);
}
