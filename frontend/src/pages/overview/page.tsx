import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { emqScore, type Granularity, kpis, series } from "../../api/queries";
import { useView } from "../../app/search";
import { useTexts } from "../../app/texts";
import type { KpiKey } from "../../figures/kpi";
import { ErrorNote, Waiting } from "../../ui/panel";
import { PageHead } from "../../ui/toolbar";
import { Attention } from "./attention";
import { ChartPanel } from "./chart-panel";
import { PlatformsPanel } from "./platforms-panel";
import { Reasons } from "./reasons";
import { Tiles } from "./tiles";
import { useCompleteness } from "./use-completeness";

// Below what is seen first.
const Movers = lazy(() => import("./movers"));
const DataIn = lazy(() => import("./data-in"));

/** How did we do, can I trust it, what moved, what needs me? */
export function OverviewPage() {
  const t = useTexts();
  const view = useView();
  const { kpi = "revenue", step = "daily" } = useSearch({ strict: false }) as {
    kpi?: KpiKey;
    step?: Granularity;
  };
  const sums = useQuery(kpis({ ...view.asked, ...view.compared }));
  const daily = useQuery(series({ ...view.asked, ...view.compared, granularity: "daily" }));
  const score = useQuery(
    emqScore({ from: view.asked.date_from, to: view.asked.date_to, platform: view.platform }),
  );
  const complete = useCompleteness(sums.data, view.period);
  const choose = (next: KpiKey) => view.change({ kpi: next === "revenue" ? undefined : next } as never);
  return (
    <>
      <PageHead title={t("nav.overview")} view={view} parts={["compare", "platforms", "accounts", "lead"]} />
      <div className="flex flex-col gap-4">
        <Attention view={view} />
        {sums.data ? <Reasons sums={sums.data} completeness={complete} view={view} /> : null}
        {sums.error && !sums.data ? (
          <ErrorNote error={sums.error} onAgain={() => void sums.refetch()} />
        ) : null}
        <Tiles
          sums={sums.data}
          points={daily.data?.series}
          score={score.data}
          lead={view.lead}
          kpi={kpi}
          isIncomplete={complete.incompleteFrom !== null}
          onChoose={choose}
        />
        <div className="grid gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
          <ChartPanel view={view} kpi={kpi} step={step} completeness={complete} onChoose={choose} />
          <PlatformsPanel view={view} completeness={complete} />
        </div>
        <div className="grid gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
          <Suspense fallback={<Waiting lines={10} />}>
            <Movers view={view} />
            <DataIn view={view} freshness={sums.data?.freshness} />
          </Suspense>
        </div>
      </div>
    </>
  );
}
