import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { breakdown, platforms } from "../../api/queries";
import { carried, type View } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { SourceMark } from "../../charts/marks";
import { ButtonLink } from "../../ui/button";
import { Asked, Empty, Panel } from "../../ui/panel";

const SHOWN = 8;

/** The campaigns that most was spent on, both sources side by side. */
export function Movers({ view }: { view: View }) {
  const t = useTexts();
  const format = useFormat();
  const query = useQuery(
    breakdown({ ...view.asked, by: "campaign", sort_by: "spend", sort_order: "desc", page_size: SHOWN }),
  );
  // Where none of our events names the platform, its sales were not looked for: that is not zero.
  const { data: found } = useQuery(platforms(view.asked));
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
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title={t("campaigns.none")}>{t("campaigns.noneHelp")}</Empty>
          ) : (
            <table className="w-full table-fixed text-control">
              <thead className="text-note text-ink-3">
                <tr>
                  <th scope="col" className="w-[36%] pb-1 text-start font-medium max-sm:w-[46%]">
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
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr
                    key={`${row.platform}${row.account_id}${row.campaign_id}`}
                    className="border-t border-line"
                  >
                    <th scope="row" className="py-1.5 pe-3 text-start font-medium">
                      <span className="block truncate" title={row.campaign_name ?? row.campaign_id ?? ""}>
                        <Link
                          to="/campaigns"
                          search={(old: object) =>
                            ({
                              ...carried(old as never),
                              q: row.campaign_name ?? row.campaign_id ?? undefined,
                            }) as never
                          }
                          className="row-link"
                        >
                          <bdi>{row.campaign_name || row.campaign_id || t("campaigns.unnamed")}</bdi>
                        </Link>
                      </span>
                      <span className="text-note font-normal text-ink-3">
                        {row.platform ? t(`platform.${row.platform}` as never) : ""}
                      </span>
                    </th>
                    <td className="text-end">
                      <bdi>{format.money(row.total_spend, row.currency)}</bdi>
                    </td>
                    <Pair
                      className="max-sm:hidden"
                      tracked={format.money(
                        isTracked(row.platform) ? row.tracked_revenue : null,
                        row.currency,
                      )}
                      reported={format.money(row.total_revenue, row.currency)}
                    />
                    <Pair
                      tracked={format.figure(isTracked(row.platform) ? row.tracked_roas : null, "ratio")}
                      reported={format.figure(row.avg_roas, "ratio")}
                    />
                  </tr>
                ))}
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
