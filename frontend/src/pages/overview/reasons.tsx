import type { Schemas } from "../../api/client";
import type { View } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import type { Completeness } from "../../figures/completeness";
import { Button } from "../../ui/button";
import { CarriedRates } from "../../ui/carried-rates";
import { Note } from "../../ui/panel";

/** Why figures are missing or may still move, in words. */
export function Reasons({
  sums,
  completeness,
  view,
}: {
  sums: Schemas["Kpis"];
  completeness: Completeness;
  view: View;
}) {
  const t = useTexts();
  const format = useFormat();
  const { gaps, completeTo, openFrom } = completeness;
  const carried = sums.rates_carried;
  const missing = gaps.length > 0;
  if (!missing && !sums.currency_reason && !sums.tracked_reason && !openFrom && carried.length === 0)
    return null;
  return (
    <div className="flex flex-col gap-2">
      {sums.currency_reason ? (
        <Note kind="warn">
          <span title={sums.currency_reason}>{t("reason.currency")}</span>
          <ul className="flex flex-wrap gap-x-6">
            {sums.by_currency.map((one) => (
              <li key={one.currency}>
                <bdi>{one.currency}</bdi>:{" "}
                {(["total_spend", "total_revenue", "tracked_revenue"] as const)
                  .filter((field) => one[field])
                  .map((field) => `${t(`amount.${field}`)} ${format.money(one[field], one.currency)}`)
                  .join(", ")}
              </li>
            ))}
          </ul>
        </Note>
      ) : null}
      {missing ? (
        <div className="flex flex-wrap items-center gap-3 text-control text-ink-2">
          <span>
            {t("reason.gaps", {
              platforms: format.list(gaps.map(({ platform }) => t(`platform.${platform}` as never))),
            })}
          </span>
          {completeTo ? (
            <Button onPress={() => view.change({ from: view.period.from, to: completeTo })}>
              {t("reason.completeOnly", { day: format.day(completeTo) })}
            </Button>
          ) : null}
        </div>
      ) : null}
      {openFrom ? (
        <p className="text-note text-ink-3">{t("reason.open", { day: format.day(openFrom) })}</p>
      ) : null}
      <CarriedRates rates={carried} />
      {sums.tracked_reason ? <p className="text-note text-ink-3">{sums.tracked_reason}</p> : null}
    </div>
  );
}
