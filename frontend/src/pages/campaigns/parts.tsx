import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { breakdown } from "../../api/campaigns";
import type { Schemas } from "../../api/client";
import type { View } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { DataTable } from "../../ui/data-table";
import { Asked, Empty, Panel } from "../../ui/panel";
import { Segments } from "../../ui/segments";

const BY = ["ad_set", "ad", "country", "device"] as const;
type By = (typeof BY)[number];

/** What the campaign's figures are made of, and how much of them nobody broke down. */
export function Parts({ row, view }: { row: Schemas["CampaignItem"]; view: View }) {
  const t = useTexts();
  const format = useFormat();
  const { by = "ad_set" } = useSearch({ strict: false }) as { by?: By };
  const query = useQuery({
    ...breakdown({
      date_from: view.period.from,
      date_to: view.period.to,
      platform: row.platform,
      campaign_id: row.external_id ?? "",
      by,
      sort_by: "spend",
      sort_order: "desc",
      page_size: 100,
    }),
    enabled: Boolean(row.external_id),
  });
  return (
    <Panel
      title={t("campaign.parts")}
      aside={
        <Segments
          label={t("parts.by")}
          value={by}
          onChange={(next) => view.change({ by: next === "ad_set" ? undefined : next } as never)}
          choices={BY.map((key) => ({ key, label: t(`parts.${key}`) }))}
        />
      }
    >
      <Asked query={query} lines={6}>
        {(data) =>
          data.rows.length === 0 ? (
            <Empty title={t("parts.none")} />
          ) : (
            <>
              <DataTable
                label={t("campaign.parts")}
                rows={data.rows}
                keyOf={(part) => nameOf(part, by) + (part.ad_set_id ?? "") + (part.ad_id ?? "")}
                columns={[
                  {
                    key: "name",
                    label: t(`parts.${by}`),
                    cell: (part) => <bdi>{nameOf(part, by) || "–"}</bdi>,
                  },
                  {
                    key: "spend",
                    label: t("kpi.spend"),
                    isEnd: true,
                    cell: (part) => <bdi>{format.money(part.total_spend, part.currency)}</bdi>,
                  },
                  {
                    key: "revenue",
                    label: t("kpi.revenue"),
                    isEnd: true,
                    hide: "sm",
                    cell: (part) => <bdi>{format.money(part.total_revenue, part.currency)}</bdi>,
                  },
                  {
                    key: "roas",
                    label: t("kpi.roas"),
                    isEnd: true,
                    cell: (part) => <bdi>{format.figure(part.avg_roas, "ratio")}</bdi>,
                  },
                  {
                    key: "conversions",
                    label: t("kpi.conversions"),
                    isEnd: true,
                    hide: "md",
                    cell: (part) => <bdi>{format.number(part.total_conversions)}</bdi>,
                  },
                  {
                    key: "ctr",
                    label: t("kpi.ctr"),
                    isEnd: true,
                    hide: "md",
                    cell: (part) => <bdi>{format.percent(part.avg_ctr, 2)}</bdi>,
                  },
                ]}
              />
              {(data.not_broken_down.total_spend ?? 0) !== 0 ? (
                <p className="mt-2 text-note text-ink-3">
                  {t("parts.rest", {
                    amount: format.money(data.not_broken_down.total_spend, data.not_broken_down.currency),
                  })}
                </p>
              ) : null}
            </>
          )
        }
      </Asked>
    </Panel>
  );
}

function nameOf(part: Schemas["PartKpis"], by: By): string {
  if (by === "country") return part.country ?? "";
  if (by === "device") return part.device ?? "";
  if (by === "ad") return part.ad_name || part.ad_id || "";
  return part.ad_set_name || part.ad_set_id || "";
}
