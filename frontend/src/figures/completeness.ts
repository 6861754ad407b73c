import type { Schemas } from "../api/client";
import type { Period } from "./period";

type Freshness = Schemas["PlatformFreshness"];

interface Gap {
  platform: Schemas["Platform"];
  /** The first day without reports, within the period. */
  from: string;
}

export interface Completeness {
  gaps: Gap[];
  /** The first day of the period that some platform has not reported; `null` where all have. */
  incompleteFrom: string | null;
  /** The last day that every platform has reported; `null` where there is none in the period. */
  completeTo: string | null;
  /** The first day whose reported figures may still move. */
  openFrom: string | null;
}

/** What the platforms have not reported of a period. A platform that never reported has no gap here. */
export function completeness(
  freshness: Freshness[],
  period: Period,
  next: (day: string) => string,
): Completeness {
  // Reports name their platform; events alone may be for none.
  const reporting = freshness.flatMap(({ platform, reports_until }) =>
    platform && reports_until ? [{ platform, reports_until }] : [],
  );
  const gaps = reporting
    .filter((one) => one.reports_until < period.to)
    .map((one) => {
      const after = next(one.reports_until);
      return { platform: one.platform, from: after < period.from ? period.from : after };
    })
    .sort((a, b) => (a.from < b.from ? -1 : 1));
  const least = reporting.map((one) => one.reports_until).sort()[0] ?? null;
  const open = freshness.flatMap((one) => one.open_from ?? []).sort()[0] ?? null;
  return {
    gaps,
    incompleteFrom: gaps[0]?.from ?? null,
    completeTo: least && least >= period.from ? (least < period.to ? least : period.to) : null,
    openFrom: open && open <= period.to ? open : null,
  };
}
