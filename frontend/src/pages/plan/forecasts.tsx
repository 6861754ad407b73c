import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { forecast } from "../../api/planning";
import { useMay } from "../../app/me";
import type { View } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { CampaignCurve } from "../../charts/campaign-curve";
import { Prediction } from "../../charts/prediction";
import { Button } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Dialog } from "../../ui/dialog";
import { ForecastReason } from "../../ui/forecast-reason";
import { Asked, Empty, Panel } from "../../ui/panel";
import { Segments } from "../../ui/segments";

const WINDOWS = [7, 14, 30, 90];

type One = Schemas["Prediction"];

/** What each campaign is expected to return, beside how wrong the model was before. */
export function Forecasts({ view }: { view: View }) {
  const t = useTexts();
  const format = useFormat();
  const mayRun = useMay("predictions.run");
  const [days, setDays] = useState(7);
  const [open, setOpen] = useState<One | null>(null);
  const query = useQuery(
    forecast({ days_ahead: days, ...(view.platform ? { platform: view.platform } : {}) }),
  );
  const ratio = (value: number | null | undefined) => <bdi>{format.figure(value, "ratio")}</bdi>;
  return (
    <Panel
      title={t("plan.forecast")}
      note={
        query.data?.trained_at ? t("forecast.trained", { at: format.instant(query.data.trained_at) }) : null
      }
      aside={
        <Segments
          label={t("forecast.window")}
          value={String(days)}
          onChange={(next) => setDays(Number(next))}
          choices={WINDOWS.map((one) => ({ key: String(one), label: t("period.days", { count: one }) }))}
        />
      }
    >
      <Asked query={query} lines={8}>
        {(data) =>
          data.predictions.length === 0 ? (
            <Empty title={t("forecast.none")}>{data.insufficient_data ? t("why.no_model") : null}</Empty>
          ) : (
            <DataTable
              label={t("plan.forecast")}
              rows={data.predictions}
              keyOf={(one) => `${one.platform}${one.account_id}${one.campaign_id}`}
              columns={[
                {
                  key: "name",
                  label: t("campaigns.name"),
                  cell: (one) => (
                    <>
                      <bdi className="whitespace-normal">{one.campaign_name || one.campaign_id}</bdi>
                      <span className="block text-note font-normal text-ink-3">
                        {t(`platform.${one.platform}` as never)}
                      </span>
                    </>
                  ),
                },
                {
                  key: "now",
                  label: t("forecast.now"),
                  isEnd: true,
                  hide: "sm",
                  cell: (one) => ratio(one.current_roas),
                },
                {
                  key: "next",
                  label: t("forecast.expected"),
                  isEnd: true,
                  cell: (one) =>
                    one.insufficient_data ? (
                      <span className="text-ink-3">
                        <ForecastReason code={one.reason_code} numbers={one.reason_parameters} />
                      </span>
                    ) : (
                      <>
                        <span className="font-semibold">{ratio(one.predicted_roas)}</span>
                        <span className="block text-note text-ink-3">
                          <bdi>
                            {format.figure(one.confidence_lower, "ratio")} –{" "}
                            {format.figure(one.confidence_upper, "ratio")}
                          </bdi>
                        </span>
                      </>
                    ),
                },
                {
                  key: "marginal",
                  label: t("forecast.marginal"),
                  isEnd: true,
                  hide: "sm",
                  cell: (one) => ratio(one.marginal_roas),
                },
                {
                  key: "error",
                  label: t("forecast.past"),
                  isEnd: true,
                  hide: "md",
                  cell: (one) => (
                    <bdi>
                      {one.basis.backtest ? `±${format.percent(one.basis.backtest.wmape * 100, 0)}` : "–"}
                    </bdi>
                  ),
                },
                {
                  key: "act",
                  label: "",
                  isEnd: true,
                  cell: (one) => <Button onPress={() => setOpen(one)}>{t("forecast.why")}</Button>,
                },
              ]}
            />
          )
        }
      </Asked>
      <Dialog title={open?.campaign_name ?? ""} isOpen={open !== null} onClose={() => setOpen(null)} isWide>
        {open ? <Prediction one={open} /> : null}
        {open && mayRun && !open.insufficient_data ? (
          <section className="mt-5">
            <h3 className="mb-1 font-semibold">{t("campaign.response")}</h3>
            <CampaignCurve campaign={open.campaign_id} days={days} />
          </section>
        ) : null}
      </Dialog>
    </Panel>
  );
}
