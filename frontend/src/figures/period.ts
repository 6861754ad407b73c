/** Periods are calendar days of the tenant's zone, both ends counted; never JS dates. */
import { type CalendarDate, endOfMonth, parseDate, startOfMonth, today } from "@internationalized/date";

export interface Period {
  from: string;
  to: string;
}

const DEFAULT_DAYS = 28;

/** The last `days` complete days: as many of each weekday where `days` is a multiple of seven. */
export function completeDays(zone: string, days: number, now: CalendarDate = today(zone)): Period {
  return { from: now.subtract({ days }).toString(), to: now.subtract({ days: 1 }).toString() };
}

export function withToday(zone: string, days: number, now: CalendarDate = today(zone)): Period {
  return { from: now.subtract({ days: days - 1 }).toString(), to: now.toString() };
}

/** The days shown unless others are chosen: complete ones, or those with today where nothing is older. */
export function defaultPeriod(zone: string, hasPast: boolean, now: CalendarDate = today(zone)): Period {
  return hasPast ? completeDays(zone, DEFAULT_DAYS, now) : withToday(zone, DEFAULT_DAYS, now);
}

export function thisMonth(zone: string, now: CalendarDate = today(zone)): Period {
  return { from: startOfMonth(now).toString(), to: now.toString() };
}

export function lastMonth(zone: string, now: CalendarDate = today(zone)): Period {
  const end = startOfMonth(now).subtract({ days: 1 });
  return { from: startOfMonth(end).toString(), to: endOfMonth(end).toString() };
}

/** Days of a period, both ends counted. */
export function length({ from, to }: Period): number {
  return parseDate(to).compare(parseDate(from)) + 1;
}

/** The period as long right before, or right after for `step` 1. */
export function shift(period: Period, step: -1 | 1): Period {
  const days = length(period) * step;
  return {
    from: parseDate(period.from).add({ days }).toString(),
    to: parseDate(period.to).add({ days }).toString(),
  };
}
