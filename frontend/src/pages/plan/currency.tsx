import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { forecast } from "../../api/planning";
import { useMe } from "../../app/me";
import type { View } from "../../app/search";
import { useTexts } from "../../app/texts";
import { Choose } from "../../ui/field";

/** The one currency that budgets are planned in, of those that campaigns have; a plan adds no two. */
export function usePlanCurrency(days: number): {
  currency: string | undefined;
  all: string[];
  /** Where none has a forecast, the question is asked all the same, and answers why. */
  isKnown: boolean;
} {
  const { tenant } = useMe();
  const { cur } = useSearch({ strict: false }) as { cur?: string };
  const { data } = useQuery(forecast({ days_ahead: days }));
  const all = [...new Set(data?.predictions.map((one) => one.currency))].sort();
  const wanted = [cur, tenant.reporting_currency].find((one) => one && all.includes(one));
  return { currency: wanted ?? all[0], all, isKnown: data !== undefined };
}

/** Shown only where there is a choice. */
export function CurrencyChoice({
  view,
  currency,
  all,
  isLabelHidden,
}: {
  view: View;
  currency: string | undefined;
  all: string[];
  isLabelHidden?: boolean;
}) {
  const t = useTexts();
  if (all.length < 2 || !currency) return null;
  return (
    <Choose
      label={t("plan.currency")}
      isLabelHidden={isLabelHidden}
      value={currency}
      options={all.map((key) => ({ key, label: key }))}
      onChange={(cur) => view.change({ cur } as never)}
    />
  );
}
