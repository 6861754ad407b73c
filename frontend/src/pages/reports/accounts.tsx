import { useQuery } from "@tanstack/react-query";
import { adAccounts } from "../../api/queries";
import { useTexts } from "../../app/texts";
import { Ago } from "../../ui/ago";
import { DataTable } from "../../ui/data-table";
import { Asked, Empty, Panel } from "../../ui/panel";

/** The ad accounts that connectors know, with the zone and the currency of their days. */
export function Accounts() {
  const t = useTexts();
  const query = useQuery(adAccounts());
  return (
    <Panel title={t("reports.accounts")} note={t("accounts.note")}>
      <Asked query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("accounts.none")} />
          ) : (
            <DataTable
              label={t("reports.accounts")}
              rows={rows}
              keyOf={(row) => row.platform + row.account_id}
              columns={[
                {
                  key: "name",
                  label: t("field.name"),
                  cell: (row) => (
                    <>
                      <bdi>{row.name}</bdi>
                      <span className="block text-note font-normal text-ink-3">
                        {t(`platform.${row.platform}` as never)} <bdi>{row.account_id}</bdi>
                      </span>
                    </>
                  ),
                },
                { key: "currency", label: t("settings.currency"), cell: (row) => <bdi>{row.currency}</bdi> },
                { key: "zone", label: t("settings.zone"), cell: (row) => <bdi>{row.time_zone}</bdi> },
                {
                  key: "at",
                  label: t("datasets.changed"),
                  isEnd: true,
                  hide: "sm",
                  cell: (row) => <Ago at={row.updated_at} />,
                },
              ]}
            />
          )
        }
      </Asked>
    </Panel>
  );
}
