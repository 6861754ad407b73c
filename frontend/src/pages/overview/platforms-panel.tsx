import { useQuery } from "@tanstack/react-query";
import { max } from "d3-array";
import { platforms } from "../../api/queries";
import type { View } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { Dumbbell } from "../../charts/dumbbell";
import { HatchMark, SourceMark } from "../../charts/marks";
import type { Completeness } from "../../figures/completeness";
import { changeOf, KPIS } from "../../figures/kpi";
import { platformText } from "../../figures/platform";
import { Change } from "../../ui/change";
import { Asked, Empty, Panel } from "../../ui/panel";

/** Spend and ROAS of each platform; a press makes it the filter. */
export function PlatformsPanel({ view, completeness }: { view: View; completeness: Completeness }) {
  const t = useTexts();
  const format = useFormat();
  const query = useQuery(platforms({ ...view.asked, ...view.compared }));
  const isBehind = (platform: string | null | undefined) =>
    completeness.gaps.some((gap) => gap.platform === platform);
  return (
    <Panel
      title={t("platforms.title")}
      aside={
        <span className="flex items-center gap-3 text-note text-ink-3">
          <span className="flex items-center gap-1">
            <SourceMark source="tracked" /> {t("source.tracked")}
          </span>
          <span className="flex items-center gap-1">
            <SourceMark source="reported" /> {t("source.reported")}
          </span>
        </span>
      }
    >
      <Asked query={query} lines={6}>
        {(data) => {
          const most = Math.max(
            1.5,
            max(data.platforms, (row) => Math.max(row.avg_roas ?? 0, row.tracked_roas ?? 0)) ?? 0,
          );
          if (data.platforms.length === 0) return <Empty title={t("platforms.none")} />;
          return (
            <table className="w-full text-control">
              <thead className="text-note text-ink-3">
                <tr>
                  <th scope="col" className="pb-1 text-start font-medium">
                    {t("platform.label")}
                  </th>
                  <th scope="col" className="pb-1 text-end font-medium">
                    {t("kpi.spend")}
                  </th>
                  <th scope="col" className="w-[38%] ps-4 pb-1 text-start font-medium">
                    {t("platforms.scale", { most: format.figure(most, "ratio") })}
                  </th>
                </tr>
              </thead>
              <tbody>
                {data.platforms.map((row) => {
                  const name = t(platformText(row.platform));
                  // No event of ours names the platform: nothing was looked at, which is not nothing found.
                  const isTracked = (row.tracked_conversions ?? 0) > 0;
                  const trackedRoas = isTracked ? (row.tracked_roas ?? null) : null;
                  const tracked = format.figure(trackedRoas, "ratio");
                  const reported = format.figure(row.avg_roas, "ratio");
                  return (
                    <tr key={row.platform ?? ""} className="border-t border-line">
                      <th scope="row" className="py-2 text-start font-medium">
                        <button
                          type="button"
                          className="row-link min-h-6"
                          disabled={!row.platform}
                          aria-pressed={view.platform === row.platform}
                          onClick={() =>
                            view.change({
                              platform: view.platform === row.platform ? undefined : (row.platform as never),
                            })
                          }
                        >
                          {name}
                        </button>{" "}
                        {isBehind(row.platform) ? <HatchMark label={t("chart.incomplete")} /> : null}
                      </th>
                      <td className="text-end">
                        <bdi title={format.money(row.total_spend, row.currency)}>
                          {format.money(row.total_spend, row.currency, true)}
                        </bdi>
                        <span className="block">
                          <Change
                            kpi={KPIS.spend}
                            value={changeOf(row.comparison, KPIS.spend, "reported")}
                            title={t("tile.before", {
                              value: format.money(row.comparison?.previous.total_spend, row.currency),
                            })}
                          />
                        </span>
                      </td>
                      <td className="py-1 ps-4">
                        <span className="flex justify-between text-note" dir="ltr">
                          <span
                            className="flex items-center gap-1"
                            title={isTracked ? undefined : t("platforms.untracked", { platform: name })}
                          >
                            <SourceMark source="tracked" /> <bdi>{tracked}</bdi>
                          </span>
                          <span className="flex items-center gap-1">
                            <SourceMark source="reported" /> <bdi>{reported}</bdi>
                          </span>
                        </span>
                        <Dumbbell
                          tracked={trackedRoas}
                          reported={row.avg_roas ?? null}
                          most={most}
                          mark={1}
                          label={t("platforms.roas", { tracked, reported })}
                        />
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          );
        }}
      </Asked>
    </Panel>
  );
}
