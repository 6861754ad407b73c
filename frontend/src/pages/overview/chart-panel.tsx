import { useQuery } from "@tanstack/react-query";
import { type Granularity, series } from "../../api/queries";
import type { View } from "../../app/search";
import { useTexts } from "../../app/texts";
import { KpiChart } from "../../charts/kpi-chart";
import type { Completeness } from "../../figures/completeness";
import { KPI_KEYS, type KpiKey } from "../../figures/kpi";
import { length, shift, yearBefore } from "../../figures/period";
import { Choose } from "../../ui/field";
import { Asked, Panel } from "../../ui/panel";
import { Segments } from "../../ui/segments";

const STEPS: Granularity[] = ["daily", "weekly", "monthly"];

/** One KPI over the period: both sources, the period before behind, spend below. */
export function ChartPanel({
  view,
  kpi: key,
  step,
  completeness,
  onChoose,
}: {
  view: View;
  kpi: KpiKey;
  step: Granularity;
  completeness: Completeness;
  onChoose: (kpi: KpiKey) => void;
}) {
  const t = useTexts();
  const query = useQuery(series({ ...view.asked, granularity: step }));
  const days = length(view.period);
  const earlier = view.compared === "previous_year" ? yearBefore(view.period) : shift(view.period, -1);
  const isGhostShown = view.compared !== null && step === "daily";
  const ghost = useQuery({
    ...series({ ...view.asked, date_from: earlier.from, date_to: earlier.to, granularity: "daily" }),
    enabled: isGhostShown,
  });
  const setStep = (next: Granularity) => view.change({ step: next === "daily" ? undefined : next } as never);
  return (
    <Panel
      title={t("chart.overTime", { kpi: t(`kpi.${key}`) })}
      aside={
        <>
          <Choose
            label={t("kpi.label")}
            isLabelHidden
            value={key}
            options={KPI_KEYS.map((one) => ({ key: one, label: t(`kpi.${one}`) }))}
            onChange={onChoose}
          />
          {days > 13 ? (
            <Segments
              label={t("step.label")}
              value={step}
              onChange={setStep}
              choices={STEPS.map((one) => ({ key: one, label: t(`step.${one}` as never) }))}
            />
          ) : null}
        </>
      }
    >
      <Asked query={query} lines={9}>
        {(data) => (
          <KpiChart
            points={data.series}
            before={isGhostShown ? ghost.data?.series : undefined}
            isYearBefore={view.compared === "previous_year"}
            total={data.total}
            about={[data.time_zone, view.platform ? t(`platform.${view.platform}`) : t("platform.all")]}
            kpi={key}
            step={step}
            lead={view.lead}
            incompleteFrom={completeness.incompleteFrom}
            onBrush={(from, to) => view.change({ from, to })}
          />
        )}
      </Asked>
    </Panel>
  );
}
