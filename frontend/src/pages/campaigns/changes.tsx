import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "../../api/client";
import { audit } from "../../api/queries";
import { useTexts } from "../../app/texts";
import { AuditList } from "../../ui/audit-list";
import { Asked, Empty, Panel } from "../../ui/panel";

/** Who changed the campaign's record, and how. */
export function Changes({ row }: { row: Schemas["CampaignItem"] }) {
  const t = useTexts();
  const query = useQuery(audit({ object: `campaign:${row.id}`, page: 1 }));
  return (
    <Panel title={t("campaign.changes")}>
      <Asked query={query}>
        {({ data }) => (data.length === 0 ? <Empty title={t("changes.none")} /> : <AuditList rows={data} />)}
      </Asked>
    </Panel>
  );
}
