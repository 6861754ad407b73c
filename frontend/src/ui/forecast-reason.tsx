import { type TextId, type Texts, useTexts } from "../app/texts";

/** Reasons that the API names for which nothing can be forecast. */
const KNOWN = ["few_days", "few_conversions", "no_revenue", "not_running", "unchecked", "inactive"];

function reasonText(t: Texts, code: string | null | undefined, numbers: Record<string, number>): string {
  const id = code && KNOWN.includes(code) ? (`why.${code}` as TextId) : "why.other";
  return t(id, numbers);
}

/** Why nothing can be forecast of a campaign, in the reader's language. */
export function ForecastReason({
  code,
  numbers,
}: {
  code: string | null | undefined;
  numbers: Record<string, number>;
}) {
  const t = useTexts();
  return <>{reasonText(t, code, numbers)}</>;
}
