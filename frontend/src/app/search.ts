/** What stands in the URL: the days, what they are compared with, the platform, which source leads. */
import { today } from "@internationalized/date";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import * as v from "valibot";
import type { Asked, Compared } from "../api/queries";
import { PLATFORMS } from "../api/queries";
import type { Source } from "../figures/kpi";
import { completeDays, DEFAULT_DAYS, isDay, type Period } from "../figures/period";
import { useMe } from "./me";

const day = v.optional(v.fallback(v.optional(v.pipe(v.string(), v.check(isDay))), undefined));

function oneOf<const T extends readonly string[]>(names: T) {
  return v.optional(v.fallback(v.optional(v.picklist(names)), undefined));
}

/** A text; one that looks like a number comes as a number out of an address typed by hand. */
const texts = v.pipe(v.union([v.string(), v.number()]), v.transform(String), v.maxLength(200));
export const text = v.optional(v.fallback(v.optional(texts), undefined));
export const number = v.optional(v.fallback(v.optional(v.pipe(v.number(), v.finite())), undefined));
export { oneOf };

export const shared = {
  from: day,
  to: day,
  vs: oneOf(["year", "none"] as const),
  platform: oneOf(PLATFORMS),
  lead: oneOf(["reported"] as const),
};

export const sharedSearch = v.object(shared);
export type SharedSearch = v.InferOutput<typeof sharedSearch>;

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

/** The view that the URL names, with its defaults. */
export function useView(): View {
  const { tenant } = useMe();
  const search = useSearch({ strict: false }) as SharedSearch;
  const navigate = useNavigate();
  const now = today(tenant.time_zone).toString();
  const { from, to, vs, platform, lead } = search;
  return useMemo(() => {
    const chosen = from && to && from <= to ? { from, to } : null;
    const period = chosen ?? completeDays(tenant.time_zone, DEFAULT_DAYS);
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
  }, [from, to, vs, platform, lead, now, tenant.time_zone, navigate]);
}
