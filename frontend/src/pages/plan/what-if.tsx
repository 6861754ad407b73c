import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { simulation } from "../../api/planning";
import type { View } from "../../app/search";
import { useTexts } from "../../app/texts";
import { Curve } from "../../charts/curve";
import { ForecastReason } from "../../ui/forecast-reason";
import { Asked, Empty, Note, Panel } from "../../ui/panel";
import { Segments } from "../../ui/segments";
import { CurrencyChoice, usePlanCurrency } from "./currency";

const WINDOWS = [7, 30, 90];
/** Twenty is what one question may ask. */
const CHANGES = [-100, -80, -60, -45, -30, -20, -10, -5, 0, 5, 10, 20, 30, 45, 60, 75, 90, 110, 130, 150];

/** What every campaign's budget together, more or less of it, would bring. */
export function WhatIf({ view }: { view: View }) {
  const t = useTexts();
  const [days, setDays] = useState(30);
  const { currency, all, isKnown } = usePlanCurrency(days);
  const query = useQuery({
    ...simulation({
      ...(currency ? { currency } : {}),
      scenarios: CHANGES.map((budget_change_percent) => ({
        name: String(budget_change_percent),
        budget_change_percent,
      })),
      time_horizon_days: days,
    }),
    enabled: isKnown,
  });
  return (
    <Panel
      title={t("plan.whatIf")}
      note={t("whatIf.note")}
      aside={
        <>
          <CurrencyChoice view={view} currency={currency} all={all} isLabelHidden />
          <Segments
            label={t("forecast.window")}
            value={String(days)}
            onChange={(next) => setDays(Number(next))}
            choices={WINDOWS.map((one) => ({ key: String(one), label: t("period.days", { count: one }) }))}
          />
        </>
      }
    >
      <Asked query={query} lines={9}>
        {(data) => (
          <>
            {data.scenarios.length > 0 ? <Curve simulation={data} /> : <Empty title={t("response.none")} />}
            {data.left_out.length > 0 ? (
              <Note className="mt-3">
                {t("whatIf.leftOut", { count: data.left_out.length })}{" "}
                {data.left_out.slice(0, 3).map((one) => (
                  <span key={one.campaign_id} className="block">
                    <bdi>{one.campaign_name}</bdi>:{" "}
                    <ForecastReason code={one.reason_code} numbers={one.reason_parameters} />
                  </span>
                ))}
              </Note>
            ) : null}
          </>
        )}
      </Asked>
    </Panel>
  );
}
