import type { Schemas } from "../../api/client";
import { useTexts } from "../../app/texts";
import { CampaignCurve } from "../../charts/campaign-curve";
import { Empty, Panel } from "../../ui/panel";

const DAYS = 30;

/** What other budgets would bring, and how sure that is. */
export function Response({ row }: { row: Schemas["CampaignItem"] }) {
  const t = useTexts();
  return (
    <Panel title={t("campaign.response")} note={t("response.note")}>
      {row.external_id ? (
        <CampaignCurve campaign={row.external_id} days={DAYS} />
      ) : (
        <Empty title={t("forecast.noId")} />
      )}
    </Panel>
  );
}
