import { useQuery } from "@tanstack/react-query";
import { pastImports } from "../../api/imports";
import { useFormat, useTexts } from "../../app/texts";
import { Ago } from "../../ui/ago";
import { DataTable } from "../../ui/data-table";
import { Asked, Empty, Panel } from "../../ui/panel";

/** The files that were taken in: when, by whom, and what was in them. */
export function PastImports() {
  const t = useTexts();
  const format = useFormat();
  const query = useQuery(pastImports());
  return (
    <Panel title={t("import.past")} note={t("import.pastNote")}>
      <Asked query={query} lines={3}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("import.noPast")} />
          ) : (
            <DataTable
              label={t("import.past")}
              rows={rows.map((one, at) => ({ ...one, place: at }))}
              keyOf={({ at, place }) => `${at} ${place}`}
              columns={[
                {
                  key: "at",
                  label: t("import.when"),
                  cell: (one) => (
                    <>
                      <Ago at={one.at} />
                      <span className="block text-note font-normal text-ink-3">
                        <bdi>{one.actor_name ?? t(`actor.${one.actor_kind}` as never)}</bdi>
                      </span>
                    </>
                  ),
                },
                {
                  key: "platform",
                  label: t("platform.label"),
                  cell: ({ platform }) => (platform ? t(`platform.${platform}`) : t("import.ofColumn")),
                },
                {
                  key: "days",
                  label: t("import.days"),
                  hide: "sm",
                  cell: ({ date_from: from, date_to: to }) => (
                    <bdi>{from && to ? format.days(from, to) : "–"}</bdi>
                  ),
                },
                {
                  key: "campaigns",
                  label: t("nav.campaigns"),
                  isEnd: true,
                  hide: "md",
                  cell: ({ campaigns }) => <bdi>{format.number(campaigns)}</bdi>,
                },
                {
                  key: "rows",
                  label: t("import.rowsRead"),
                  isEnd: true,
                  cell: (one) => <bdi>{format.number(one.rows)}</bdi>,
                },
                {
                  key: "taken",
                  label: t("import.daysTaken"),
                  isEnd: true,
                  hide: "md",
                  cell: (one) => <bdi>{format.number(one.days)}</bdi>,
                },
              ]}
            />
          )
        }
      </Asked>
    </Panel>
  );
}
