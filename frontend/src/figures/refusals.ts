import type { Schemas } from "../api/client";

type Rejection = Schemas["Rejections"];

/** Refused rows by reason, field and dataset, most first; a field is the same wherever its event stood in its request. */
export function gathered(rows: Rejection[]): Rejection[] {
  const found = new Map<string, Rejection>();
  for (const row of rows) {
    const field = row.field.replaceAll(/\[\d+\]/g, "[]");
    const key = [row.platform, row.dataset_id, row.reason, field].join("\n");
    const before = found.get(key);
    found.set(key, { ...row, field, rows: row.rows + (before?.rows ?? 0) });
  }
  return [...found.values()].sort((a, b) => b.rows - a.rows);
}
