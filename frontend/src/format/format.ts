/** With `units.ts` the only place that calls `Intl`. Figures come from the server; here they become words. */
import { utc } from "../figures/day";

export type Unit = "money" | "count" | "ratio" | "percent" | "score";

/** Stands where a value is not known. */
const UNKNOWN = "–";

type Value = number | null | undefined;

/** The formats of one language, kind of digits and time zone. */
export class Format {
  readonly #kept = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

  constructor(
    readonly locale: string,
    readonly zone: string,
  ) {}

  money(value: Value, currency: string | null | undefined, compact = false): string {
    if (value == null) return UNKNOWN;
    if (!currency) return this.number(value, 2);
    if (!compact)
      return this.#number({ style: "currency", currency, ...wholeFrom(value, 1000) }).format(value);
    return this.#number({
      style: "currency",
      currency,
      notation: "compact",
      maximumFractionDigits: 1,
    }).format(value);
  }

  number(value: Value, digits = 0): string {
    return value == null ? UNKNOWN : this.#number({ maximumFractionDigits: digits }).format(value);
  }

  compact(value: Value): string {
    if (value == null) return UNKNOWN;
    return this.#number({ notation: "compact", maximumFractionDigits: 1 }).format(value);
  }

  /** Of a value that is in percent already. */
  percent(value: Value, digits = 1): string {
    if (value == null) return UNKNOWN;
    return this.#number({
      style: "percent",
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }).format(value / 100);
  }

  /** A change in percent, with its sign. */
  change(value: Value): string {
    if (value == null) return UNKNOWN;
    const digits = Math.abs(value) >= 100 ? 0 : 1;
    return this.#number({
      style: "percent",
      signDisplay: "exceptZero",
      maximumFractionDigits: digits,
    }).format(value / 100);
  }

  /** A figure in the way of its unit. */
  figure(value: Value, unit: Unit, currency?: string | null, compact = false): string {
    if (value == null) return UNKNOWN;
    if (unit === "money") return this.money(value, currency, compact);
    if (unit === "percent") return this.percent(value, 2);
    if (unit === "ratio")
      return this.#number({ minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);
    if (unit === "score")
      return this.#number({ minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value);
    return compact ? this.compact(value) : this.number(value, 0);
  }

  /** A calendar day, `YYYY-MM-DD`; never moved by a time zone. */
  day(day: string | null | undefined, style: "long" | "short" | "axis" = "short"): string {
    if (!day) return UNKNOWN;
    const options: Intl.DateTimeFormatOptions =
      style === "long"
        ? { weekday: "short", day: "numeric", month: "short", year: "numeric" }
        : { day: "numeric", month: "short" };
    return this.#date({ ...options, timeZone: "UTC" }).format(utc(day));
  }

  days(from: string, to: string): string {
    const options: Intl.DateTimeFormatOptions = {
      day: "numeric",
      month: "short",
      year: "numeric",
      timeZone: "UTC",
    };
    const format = this.#date(options);
    return format.formatRange(utc(from), utc(to));
  }

  month(day: string): string {
    return this.#date({ month: "short", year: "numeric", timeZone: "UTC" }).format(utc(day));
  }

  /** An instant with its zone. */
  instant(at: string | null | undefined): string {
    if (!at) return UNKNOWN;
    return this.#date({ dateStyle: "medium", timeStyle: "long", timeZone: this.zone }).format(new Date(at));
  }

  /** The time of day in the tenant's zone, to the minute. */
  clock(at: string): string {
    return this.#date({ timeStyle: "short", timeZone: this.zone }).format(new Date(at));
  }

  time(at: number): string {
    return this.#date({ timeStyle: "medium" }).format(new Date(at));
  }

  list(items: string[]): string {
    return new Intl.ListFormat(this.locale, { type: "conjunction" }).format(items);
  }

  #number(options: Intl.NumberFormatOptions): Intl.NumberFormat {
    return this.#keep(`n${JSON.stringify(options)}`, () => new Intl.NumberFormat(this.locale, options));
  }

  #date(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    return this.#keep(`d${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(this.locale, options));
  }

  #keep<T extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => T): T {
    const kept = this.#kept.get(key) as T | undefined;
    if (kept) return kept;
    const made = make();
    this.#kept.set(key, made);
    return made;
  }
}

/** Large amounts without the cents, which nobody reads. */
function wholeFrom(value: number, limit: number): Intl.NumberFormatOptions {
  return Math.abs(value) >= limit ? { maximumFractionDigits: 0, minimumFractionDigits: 0 } : {};
}
