import { useQuery } from "@tanstack/react-query";
import { type Destination, deliveryRequests } from "../../api/destinations";
import { useFormat, useTexts } from "../../app/texts";
import { bytes, duration } from "../../format/units";
import { Ago } from "../../ui/ago";
import { DataTable } from "../../ui/data-table";
import { Asked, Empty, Panel } from "../../ui/panel";
import { RequestBadge } from "./badges";

/** The last requests to the platform, without what they carried. */
export function Requests({ row }: { row: Destination }) {
  const t = useTexts();
  const format = useFormat();
  const query = useQuery(deliveryRequests(row.id));
  return (
    <Panel title={t("delivery.requests")} note={t("requests.note")}>
      <Asked query={query} lines={6}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("requests.none")} />
          ) : (
            <DataTable
              label={t("delivery.requests")}
              rows={rows.map((one, at) => ({ ...one, at }))}
              keyOf={({ sent_at, at }) => `${sent_at} ${at}`}
              columns={[
                { key: "sent", label: t("requests.sent"), cell: ({ sent_at }) => <Ago at={sent_at} /> },
                {
                  key: "outcome",
                  label: t("delivery.outcome"),
                  cell: ({ outcome, status, code, message }) => (
                    <>
                      <RequestBadge outcome={outcome} />
                      <span className="ms-2 text-note text-ink-3">
                        <bdi>{[status ? `HTTP ${status}` : "", code].filter(Boolean).join(" · ")}</bdi>
                      </span>
                      {message ? (
                        <span className="block whitespace-normal text-ink-2">
                          <bdi>{message}</bdi>
                        </span>
                      ) : null}
                    </>
                  ),
                },
                {
                  key: "events",
                  label: t("delivery.count"),
                  isEnd: true,
                  cell: ({ events }) => <bdi>{format.number(events)}</bdi>,
                },
                {
                  key: "bytes",
                  label: t("requests.size"),
                  isEnd: true,
                  hide: "md",
                  cell: (one) => <bdi>{bytes(one.bytes, format.locale)}</bdi>,
                },
                {
                  key: "took",
                  label: t("requests.took"),
                  isEnd: true,
                  hide: "sm",
                  cell: ({ took_ms }) => <bdi>{duration(took_ms, format.locale)}</bdi>,
                },
                {
                  key: "trace",
                  label: t("delivery.trace"),
                  isEnd: true,
                  hide: "md",
                  cell: ({ trace_id }) => <bdi>{trace_id || "–"}</bdi>,
                },
              ]}
            />
          )
        }
      </Asked>
    </Panel>
  );
}
