import type { Schemas } from "../api/client";
import { useFormat, useTexts } from "../app/texts";
import { carriedRates } from "../figures/attention";

/** Days that were converted by an earlier day's rate, a line a currency: banks publish none at weekends. */
export function CarriedRates({ rates }: { rates: Schemas["CarriedRate"][] }) {
  const t = useTexts();
  const format = useFormat();
  return [...carriedRates(rates)].map(([currency, { days, runs }]) => (
    <p key={currency} className="text-note text-ink-3">
      {t("concern.carried", {
        currency,
        days,
        when: format.list(runs.map(({ from, to }) => format.days(from, to))),
      })}
    </p>
  ));
}
