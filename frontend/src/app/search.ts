/** What stands in the URL: the days, what they are compared with, the platform, which source leads. */
import { parseAbsolute, toCalendarDate, today } from "@internationalized/date";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Platform } from "../api/platforms";
import { type Asked, type Compared, kpis } from "../api/queries";
import type { Source } from "../figures/kpi";
import { defaultPeriod, type Period } from "../figures/period";
import { useMe } from "./me";
import type { SharedSearch } from "./search-schema";

export type { SharedSearch };

/** What stays when one goes to another page. */
export function carried(search: Record<string, unknown>): SharedSearch {
  const { from, to, vs, platform, account, lead } = search as SharedSearch;
  return { from, to, vs, platform, account, lead };
}

export interface View {
  period: Period;
  isDefault: boolean;
  /** What the days are compared with, as questions take it; `null` where with none. */
  compared: Compared | null;
  /** The platforms that are chosen; every one where empty. */
  platforms: Platform[];
  /** The platform, where one alone is chosen. */
  platform: Platform | undefined;
  /** The ad accounts that are chosen; every one where empty. */
  accounts: string[];
  lead: Source;
  /** The days and the platform, as questions take them. */
  asked: Asked;
  /** Today in the tenant's zone. */
  today: string;
  change: (change: Partial<SharedSearch>) => void;
}

const COMPARED = {
  weekdays: "same_weekdays",
  year: "previous_year",
  year_weekdays: "same_weekdays_previous_year",
} as const;

function compared(vs: string | undefined): Compared | null {
  if (vs === "none") return null;
  if (!vs) return { compare_period: "previous_period" };
  return vs in COMPARED ? { compare_period: COMPARED[vs as keyof typeof COMPARED] } : { compare_from: vs };
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
  const { from, to, vs, platform, account, lead } = search;
  const hasPast = useHasPast();
  return useMemo(() => {
    const chosen = from && to && from <= to ? { from, to } : null;
    const platforms = (platform?.split(",") ?? []) as Platform[];
    const period = chosen ?? defaultPeriod(tenant.time_zone, hasPast);
    return {
      period,
      isDefault: !chosen,
      compared: compared(vs),
      platforms,
      platform: platforms.length === 1 ? platforms[0] : undefined,
      accounts: account?.split(",") ?? [],
      lead: lead ?? "tracked",
      asked: {
        date_from: period.from,
        date_to: period.to,
        ...(platform ? { platform } : {}),
        ...(account ? { account_id: account } : {}),
      },
      today: now,
      change: (change) =>
        void navigate({
          to: ".",
          search: ((old: object) => ({ ...old, ...change })) as never,
          replace: true,
        }),
    };
  }, [from, to, vs, platform, account, lead, now, tenant.time_zone, hasPast, navigate]);
}
