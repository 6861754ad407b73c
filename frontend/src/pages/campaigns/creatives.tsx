import { useQuery } from "@tanstack/react-query";
import { assets } from "../../api/campaigns";
import type { Schemas } from "../../api/client";
import { useFormat, useTexts } from "../../app/texts";
import { DataTable } from "../../ui/data-table";
import { Asked, Empty, Panel } from "../../ui/panel";

export function Creatives({ row }: { row: Schemas["CampaignItem"] }) {
  const t = useTexts();
  const format = useFormat();
  const query = useQuery(assets(row.id));
  return (
    <Panel title={t("campaign.creatives")}>
      <Asked query={query} lines={4}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("creatives.none")} />
          ) : (
            <DataTable
              label={t("campaign.creatives")}
              rows={rows}
              keyOf={(one) => one.id}
              columns={[
                { key: "name", label: t("field.name"), cell: (one) => <bdi>{one.name}</bdi> },
                { key: "type", label: t("creatives.type"), cell: (one) => t(`asset.${one.type}`) },
                {
                  key: "tags",
                  label: t("creatives.tags"),
                  hide: "sm",
                  cell: (one) => <bdi>{one.tags.join(", ") || "–"}</bdi>,
                },
                {
                  key: "fatigue",
                  label: t("creatives.fatigue"),
                  isEnd: true,
                  cell: (one) => (
                    <bdi title={one.fatigue_reason ?? undefined}>{format.number(one.fatigue_score, 1)}</bdi>
                  ),
                },
                {
                  key: "first",
                  label: t("creatives.first"),
                  isEnd: true,
                  hide: "sm",
                  cell: (one) => <bdi>{format.day(one.first_used)}</bdi>,
                },
              ]}
            />
          )
        }
      </Asked>
    </Panel>
  );
}
