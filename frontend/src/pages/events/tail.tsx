import { useQuery } from "@tanstack/react-query";
import { Pause, Play } from "lucide-react";
import { useEffect, useState } from "react";
import { recentEvents } from "../../api/arrivals";
import type { Schemas } from "../../api/client";
import { useFormat, useTexts } from "../../app/texts";
import { platformText } from "../../figures/platform";
import { Button } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Asked, Badge, Empty, Panel } from "../../ui/panel";

type Recent = Schemas["RecentEvent"];

/** The newest events as they come; it stops while one reads. Nothing in it tells of a person. */
export function Tail() {
  const t = useTexts();
  const format = useFormat();
  const query = useQuery(recentEvents());
  const [held, setHeld] = useState<Recent[] | null>(null);
  const [seen, setSeen] = useState(0);
  const newest = query.data?.[0]?.received_at;
  // The hand that holds the list lets it go once there is nothing to hold.
  useEffect(() => {
    if (held && newest) {
      const since = held[0]?.received_at ?? "";
      setSeen(query.data?.filter(({ received_at }) => received_at > since).length ?? 0);
    }
  }, [held, newest, query.data]);
  const hold = () => {
    setHeld(held ? null : (query.data ?? []));
    setSeen(0);
  };
  return (
    <Panel
      title={t("tail.title")}
      note={t("tail.note")}
      aside={
        <>
          {held && seen > 0 ? (
            <span role="status" className="text-control text-ink-2">
              {t("tail.new", { count: seen, shown: format.number(seen) })}
            </span>
          ) : null}
          <Button onPress={hold} aria-pressed={held !== null}>
            {held ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
            {t(held ? "tail.go" : "tail.hold")}
          </Button>
        </>
      }
    >
      <Asked query={query} lines={6}>
        {(data) => {
          const rows = held ?? data;
          return rows.length === 0 ? (
            <Empty title={t("tail.none")} />
          ) : (
            <div className="max-h-96 overflow-y-auto">
              <DataTable
                label={t("tail.title")}
                rows={rows}
                keyOf={(row) => `${row.received_at}${row.event_id}${row.dataset_id}${row.field}`}
                columns={[
                  {
                    key: "at",
                    label: t("tail.at"),
                    cell: (row) => (
                      <time dateTime={row.received_at} title={format.instant(row.received_at)}>
                        <bdi>{format.time(Date.parse(row.received_at))}</bdi>
                      </time>
                    ),
                  },
                  {
                    key: "name",
                    label: t("quality.event"),
                    cell: (row) => (
                      <>
                        <bdi>{row.event_name || "–"}</bdi> {row.test ? <Badge>{t("tail.test")}</Badge> : null}
                        <span className="block text-note text-ink-3">
                          {t(platformText(row.platform))} <bdi>{row.dataset_id}</bdi>
                        </span>
                      </>
                    ),
                  },
                  {
                    key: "id",
                    label: t("tail.id"),
                    hide: "sm",
                    cell: (row) => (
                      <code className="text-ink-2">
                        <bdi>{row.event_id ?? "–"}</bdi>
                      </code>
                    ),
                  },
                  {
                    key: "score",
                    label: t("nav.quality"),
                    isEnd: true,
                    hide: "sm",
                    cell: (row) => <bdi>{format.figure(row.score, "score")}</bdi>,
                  },
                  { key: "outcome", label: t("bulk.outcome"), cell: (row) => <Outcome row={row} /> },
                ]}
              />
            </div>
          );
        }}
      </Asked>
    </Panel>
  );
}

function Outcome({ row }: { row: Recent }) {
  const t = useTexts();
  if (row.outcome === "landed") return <Badge kind="good">{t("count.landed")}</Badge>;
  return (
    <>
      <Badge kind="bad">{t("count.rejected")}</Badge>{" "}
      <span className="text-note text-ink-2">
        {t(`reject.${row.reason}` as never)}
        {row.field ? (
          <>
            {" · "}
            <code>
              <bdi>{row.field}</bdi>
            </code>
          </>
        ) : null}
      </span>
    </>
  );
}
