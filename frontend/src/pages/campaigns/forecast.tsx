import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { forecast } from "../../api/planning";
import { useTexts } from "../../app/texts";
import { Prediction } from "../../charts/prediction";
import { Asked, Empty, Panel } from "../../ui/panel";
import { Segments } from "../../ui/segments";

const WINDOWS = [7, 14, 30, 90];

/** What the campaign is expected to return, how sure that is, and what it rests on. */
export function Forecast({ row }: { row: Schemas["CampaignItem"] }) {
  const t = useTexts();
  const [days, setDays] = useState(7);
  const query = useQuery({
    ...forecast({ campaign_id: row.external_id ?? "", platform: row.platform, days_ahead: days }),
    enabled: Boolean(row.external_id),
  });
  return (
    <Panel
      title={t("campaign.forecast")}
      aside={
        <Segments
          label={t("forecast.window")}
          value={String(days)}
          onChange={(next) => setDays(Number(next))}
          choices={WINDOWS.map((one) => ({ key: String(one), label: t("period.days", { count: one }) }))}
        />
      }
    >
      {row.external_id ? (
        <Asked query={query} lines={6}>
          {(data) => {
            const found = data.predictions[0];
            if (!found)
              return (
                <Empty title={t("forecast.none")}>{data.insufficient_data ? t("why.no_model") : null}</Empty>
              );
            return <Prediction one={found} />;
          }}
        </Asked>
      ) : (
        <Empty title={t("forecast.noId")} />
      )}
    </Panel>
  );
}
