/** Days as they are written, `YYYY-MM-DD`, without a calendar library. */

export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(utc(text).getTime()) && iso(utc(text)) === text;
}

/** The day's midnight in UTC, for formats that are told to show UTC. */
export function utc(day: string): Date {
  return new Date(`${day}T00:00:00Z`);
}

function iso(date: Date): string {
  return date.toISOString().slice(0, 10);
}
