import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { type Destination, delivery } from "../../api/destinations";
import { useFormat, useTexts } from "../../app/texts";
import { duration } from "../../format/units";
import { DataTable } from "../../ui/data-table";
import { Panel } from "../../ui/panel";
import { LaneBadge, ModeBadge } from "./badges";

type Report = Schemas["DeliveryReport"];

/** The destinations, and how each did in the last day. */
export function DestinationList({ rows, chosen }: { rows: Destination[]; chosen: string }) {
  const t = useTexts();
  const format = useFormat();
  return (
    <Panel title={t("delivery.title")} note={t("delivery.note")}>
      <DataTable
        label={t("delivery.title")}
        rows={rows}
        keyOf={(row) => row.id}
        isChosen={(row) => rows.length > 1 && row.id === chosen}
        columns={[
          {
            key: "name",
            label: t("field.name"),
            cell: (row) => (
              <>
                <Link
                  to="."
                  search={((old: object) => ({ ...old, at: row.id, tab: undefined })) as never}
                  aria-current={row.id === chosen ? "page" : undefined}
                  className="row-link"
                >
                  <bdi className="whitespace-normal">{row.name}</bdi>
                </Link>
                <span className="block text-note font-normal text-ink-3">
                  {t(`platform.${row.platform}`)} <bdi>{row.remote_id}</bdi>
                </span>
              </>
            ),
          },
          {
            key: "mode",
            label: t("delivery.mode"),
            cell: (row) => (
              <span className="inline-flex flex-wrap gap-1">
                <ModeBadge mode={row.mode} /> <LaneBadge state={row.state} />
              </span>
            ),
          },
          {
            key: "rate",
            label: t("delivery.rate"),
            isEnd: true,
            cell: (row) => (
              <OfDay row={row}>
                {({ success_rate }) => format.percent(success_rate == null ? null : success_rate * 100)}
              </OfDay>
            ),
          },
          {
            key: "delivered",
            label: t("delivery.delivered"),
            isEnd: true,
            hide: "md",
            cell: (row) => <OfDay row={row}>{({ delivered }) => format.number(delivered)}</OfDay>,
          },
          {
            key: "waiting",
            label: t("delivery.waiting"),
            isEnd: true,
            hide: "sm",
            cell: (row) => <OfDay row={row}>{({ waiting }) => format.number(waiting.events)}</OfDay>,
          },
          {
            key: "lag",
            label: t("delivery.lag"),
            isEnd: true,
            hide: "md",
            cell: (row) => (
              <OfDay row={row}>
                {({ waiting }) => duration(waiting.events > 0 ? waiting.lag_s * 1000 : null, format.locale)}
              </OfDay>
            ),
          },
        ]}
      />
    </Panel>
  );
}

/** A figure of a destination's last day; `–` until it is known. */
function OfDay({ row, children }: { row: Destination; children: (report: Report) => ReactNode }) {
  const { data } = useQuery(delivery(row.id, "day"));
  return <bdi>{data ? children(data) : "–"}</bdi>;
}
