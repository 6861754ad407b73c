import type { Schemas } from "../api/client";
import type { Period } from "./period";

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

/** What the platforms have not reported of a period, as an answer tells it. */
export function completeness(
  told: { incomplete: Schemas["UnreportedDays"][]; freshness: Schemas["PlatformFreshness"][] } | undefined,
  period: Period,
  before: (day: string) => string,
): Completeness {
  const gaps = (told?.incomplete ?? []).map(({ platform, date_from }) => ({ platform, from: date_from }));
  const [first] = gaps.map(({ from }) => from).sort();
  const completeTo = first ? before(first) : period.to;
  const open = told?.freshness.flatMap((one) => one.open_from ?? []).sort()[0] ?? null;
  return {
    gaps,
    incompleteFrom: first ?? null,
    completeTo: completeTo >= period.from ? completeTo : null,
    openFrom: open && open <= period.to ? open : null,
  };
}
