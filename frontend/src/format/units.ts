/** What the entrance does not show: lengths of time, ages, sizes, names of currencies. */
const UNKNOWN = "–";

const STEPS: [string, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
  ["millisecond", 1],
];

const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte"];

function inUnit(value: number, unit: string, digits: number, locale: string): string {
  const options = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(locale, options).format(value);
}

/** A length of time in the largest unit that it fills; `–` where it is not known. */
export function duration(ms: number | null | undefined, locale: string): string {
  if (ms == null) return UNKNOWN;
  const [unit, length] = STEPS.find(([, length]) => ms >= length) ?? ["millisecond", 1];
  const value = ms / length;
  return inUnit(value, unit, unit === "millisecond" || value >= 10 ? 0 : 1, locale);
}

/** How long ago an instant is, in the largest unit that it fills; `–` where it is not known. */
export function ago(at: string | null | undefined, locale: string, now = Date.now()): string {
  if (!at) return UNKNOWN;
  const ms = Date.parse(at) - now;
  const [unit, length] = STEPS.find(([, length]) => Math.abs(ms) >= length && length >= 1000) ?? [
    "second",
    1000,
  ];
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
  return relative.format(Math.trunc(ms / length), unit as Intl.RelativeTimeFormatUnit);
}

/** A size in the largest unit that it fills; `–` where it is not known. */
export function bytes(value: number | null | undefined, locale: string): string {
  if (value == null) return UNKNOWN;
  const step = value < 1000 ? 0 : value < 1e6 ? 1 : value < 1e9 ? 2 : 3;
  return inUnit(value / 1000 ** step, SIZES[step] ?? "byte", step ? 1 : 0, locale);
}

/** The name of a currency, or its code where it has none. */
export function currencyName(code: string, locale: string): string {
  return new Intl.DisplayNames(locale, { type: "currency" }).of(code) ?? code;
}
