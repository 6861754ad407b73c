import { isDay } from "./day";

export interface Rate {
  date: string;
  currency: string;
  per_usd: number;
}

/** Reads lines of day, currency and rate, as they come out of a sheet; `faults` are the numbers of the others. */
export function parseRates(text: string): { rates: Rate[]; faults: number[] } {
  const rates: Rate[] = [];
  const faults: number[] = [];
  text.split(/\r?\n/).forEach((line, at) => {
    if (!line.trim()) return;
    const [date = "", currency = "", rate = "", ...rest] = line.trim().split(/[\t;\s]+/);
    // A comma is the mark of fractions only where no point is.
    const value = Number(rate.includes(".") ? rate.replaceAll(",", "") : rate.replace(",", "."));
    if (rest.length > 0 || !isDay(date) || !/^[A-Za-z]{3}$/.test(currency) || !(value > 0))
      faults.push(at + 1);
    else rates.push({ date, currency: currency.toUpperCase(), per_usd: value });
  });
  return { rates, faults };
}
