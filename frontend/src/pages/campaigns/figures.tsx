import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { campaignMetrics } from "../../api/campaigns";
import type { Schemas } from "../../api/client";
import type { Granularity } from "../../api/queries";
import type { View } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { KpiChart } from "../../charts/kpi-chart";
import { SourceMark } from "../../charts/marks";
import { figureOf, KPI_KEYS, KPIS, type KpiKey } from "../../figures/kpi";
import { ChartNotes, useFlags } from "../../ui/chart-notes";
import { Choose } from "../../ui/field";
import { Asked, Note, Panel } from "../../ui/panel";
import { Segments } from "../../ui/segments";

const STEPS: Granularity[] = ["daily", "weekly", "monthly"];

/** The campaign's figures of the period, over time and in sum. */
export function Figures({ row, view }: { row: Schemas["CampaignItem"]; view: View }) {
  const t = useTexts();
  const format = useFormat();
  const [kpi, setKpi] = useState<KpiKey>("revenue");
  const [step, setStep] = useState<Granularity>("daily");
  const about = { ...view.period, platforms: row.platform, campaign: row.id };
  const flags = useFlags(about);
  const query = useQuery(
    campaignMetrics(row.id, { date_from: view.period.from, date_to: view.period.to, granularity: step }),
  );
  return (
    <Asked query={query} lines={10}>
      {(data) => (
        <div className="flex flex-col gap-4">
          {data.total.currency_reason ? <Note kind="warn">{data.total.currency_reason}</Note> : null}
          <dl className="grid grid-cols-2 gap-3 md:grid-cols-4 xl:grid-cols-6">
            {KPI_KEYS.map((key) => {
              const one = KPIS[key];
              const show = (source: "tracked" | "reported") =>
                format.figure(figureOf(data.total, one, source), one.unit, data.total.currency);
              return (
                <div key={key} className="rounded-lg border border-line bg-surface px-3 py-2">
                  <dt className="text-note text-ink-3">{t(`kpi.${key}`)}</dt>
                  <dd className="flex items-center gap-1.5 font-semibold">
                    <SourceMark source="reported" /> <bdi>{show("reported")}</bdi>
                  </dd>
                  {one.tracked ? (
                    <dd className="flex items-center gap-1.5 text-control">
                      <SourceMark source="tracked" /> <bdi>{show("tracked")}</bdi>
                    </dd>
                  ) : null}
                </div>
              );
            })}
          </dl>
          <Panel
            title={t("chart.overTime", { kpi: t(`kpi.${kpi}`) })}
            aside={
              <>
                <ChartNotes about={about} platform={row.platform} />
                <Choose
                  label={t("kpi.label")}
                  isLabelHidden
                  value={kpi}
                  options={KPI_KEYS.map((key) => ({ key, label: t(`kpi.${key}`) }))}
                  onChange={setKpi}
                />
                <Segments
                  label={t("step.label")}
                  value={step}
                  onChange={setStep}
                  choices={STEPS.map((one) => ({ key: one, label: t(`step.${one}` as never) }))}
                />
              </>
            }
          >
            <KpiChart
              points={data.metrics}
              total={data.total}
              about={[row.name, t(`platform.${row.platform}` as never)]}
              kpi={kpi}
              step={step}
              lead={view.lead}
              flags={flags}
              onBrush={(from, to) => view.change({ from, to })}
            />
          </Panel>
        </div>
      )}
    </Asked>
  );
}
