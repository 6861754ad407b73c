import { useQuery } from "@tanstack/react-query";
import { type Granularity, series } from "../../api/queries";
import type { View } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { KpiChart } from "../../charts/kpi-chart";
import type { Completeness } from "../../figures/completeness";
import { KPI_KEYS, type KpiKey } from "../../figures/kpi";
import { length } from "../../figures/period";
import { ChartNotes, useFlags } from "../../ui/chart-notes";
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
  const format = useFormat();
  const query = useQuery(series({ ...view.asked, ...view.compared, granularity: step }));
  const days = length(view.period);
  const about = { ...view.period, platforms: view.platforms.join(",") };
  const flags = useFlags(about);
  const setStep = (next: Granularity) => view.change({ step: next === "daily" ? undefined : next } as never);
  return (
    <Panel
      title={t("chart.overTime", { kpi: t(`kpi.${key}`) })}
      aside={
        <>
          <ChartNotes about={about} platform={view.platform} />
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
            before={data.comparison?.series}
            total={data.total}
            about={[
              data.time_zone,
              view.platforms.length > 0
                ? format.list(view.platforms.map((one) => t(`platform.${one}`)))
                : t("platform.all"),
              ...view.accounts,
            ]}
            kpi={key}
            step={step}
            lead={view.lead}
            incompleteFrom={completeness.incompleteFrom}
            flags={flags}
            onBrush={(from, to) => view.change({ from, to })}
          />
        )}
      </Asked>
    </Panel>
  );
}
