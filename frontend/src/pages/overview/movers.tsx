import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { firstCampaigns, platforms } from "../../api/queries";
import { useMe } from "../../app/me";
import { carried, type View } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { SourceMark } from "../../charts/marks";
import { Spark } from "../../charts/spark";
import { changeOf, KPIS, nameOf } from "../../figures/kpi";
import { length } from "../../figures/period";
import { ButtonLink } from "../../ui/button";
import { Change } from "../../ui/change";
import { Asked, Empty, Panel } from "../../ui/panel";

const SHOWN = 8;
const SPARK_DAYS_MAX = 92;

/** The campaigns that most was spent on: how that changed, and what both sources say of them. */
export default function Movers({ view }: { view: View }) {
  const t = useTexts();
  const format = useFormat();
  const { tenant } = useMe();
  const query = useQuery(
    firstCampaigns(
      {
        ...view.asked,
        ...view.compared,
        currency: tenant.reporting_currency,
        sort_by: "spend",
        sort_order: "desc",
        ...(length(view.period) <= SPARK_DAYS_MAX ? { spark: nameOf(KPIS.revenue, view.lead) } : {}),
      },
      SHOWN,
    ),
  );
  // Where none of our events names the platform, its sales were not looked for: that is not zero.
  const { data: found } = useQuery(platforms({ ...view.asked, ...view.compared }));
  const isTracked = (platform: string | null | undefined) =>
    found?.platforms.some((one) => one.platform === platform && (one.tracked_conversions ?? 0) > 0) ?? true;
  const head = "pb-1 text-end font-medium";
  return (
    <Panel
      title={t("movers.title")}
      aside={
        <ButtonLink kind="quiet" to="/campaigns" search={(old: object) => carried(old as never) as never}>
          {t("movers.all")}
        </ButtonLink>
      }
    >
      <Asked query={query} lines={SHOWN}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("campaigns.none")}>{t("campaigns.noneHelp")}</Empty>
          ) : (
            <table className="w-full table-fixed text-control">
              <thead className="text-note text-ink-3">
                <tr>
                  <th scope="col" className="w-[34%] pb-1 text-start font-medium max-sm:w-[46%]">
                    {t("campaigns.name")}
                  </th>
                  <th scope="col" className={head}>
                    {t("kpi.spend")}
                  </th>
                  <th scope="col" className={`${head} max-sm:hidden`}>
                    {t("kpi.revenue")}
                  </th>
                  <th scope="col" className={head}>
                    {t("kpi.roas")}
                  </th>
                  <th scope="col" className="w-[104px] ps-4 pb-1 text-start font-medium max-sm:hidden">
                    {t("campaigns.trend")}
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => {
                  const tracked = isTracked(row.platform);
                  return (
                    <tr key={row.id} className="border-t border-line">
                      <th scope="row" className="py-1.5 pe-3 text-start font-medium">
                        <span className="block truncate" title={row.name}>
                          <Link
                            to="/campaigns/$id"
                            params={{ id: row.id }}
                            search={(old: object) => carried(old as never) as never}
                            className="row-link"
                          >
                            <bdi>{row.name}</bdi>
                          </Link>
                        </span>
                        <span className="text-note font-normal text-ink-3">
                          {t(`platform.${row.platform}`)}
                        </span>
                      </th>
                      <td className="text-end">
                        <bdi className="block">{format.money(row.total_spend, row.figures_currency)}</bdi>
                        <Change
                          kpi={KPIS.spend}
                          value={changeOf(row.comparison, KPIS.spend, "reported")}
                          title={t("tile.before", {
                            value: format.money(row.comparison?.previous.total_spend, row.figures_currency),
                          })}
                        />
                      </td>
                      <Pair
                        className="max-sm:hidden"
                        tracked={format.money(tracked ? row.tracked_revenue : null, row.figures_currency)}
                        reported={format.money(row.revenue, row.figures_currency)}
                      />
                      <Pair
                        tracked={format.figure(tracked ? row.tracked_roas : null, "ratio")}
                        reported={format.figure(row.roas, "ratio")}
                      />
                      <td className="ps-4 max-sm:hidden">
                        <Spark
                          width={88}
                          tracked={view.lead === "tracked" && tracked ? (row.spark ?? undefined) : undefined}
                          reported={view.lead === "reported" ? (row.spark ?? undefined) : undefined}
                        />
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          )
        }
      </Asked>
    </Panel>
  );
}

function Pair({ tracked, reported, className }: { tracked: string; reported: string; className?: string }) {
  return (
    <td className={`text-end ${className ?? ""}`}>
      <span className="flex items-center justify-end gap-1.5">
        <bdi>{tracked}</bdi> <SourceMark source="tracked" />
      </span>
      <span className="flex items-center justify-end gap-1.5 text-note text-ink-2">
        <bdi>{reported}</bdi> <SourceMark source="reported" />
      </span>
    </td>
  );
}
