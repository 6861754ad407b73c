import type { Schemas } from "../../api/client";
import type { Platform } from "../../api/platforms";
import { useFormat, useTexts } from "../../app/texts";
import { DataTable } from "../../ui/data-table";
import { Empty } from "../../ui/panel";
import { adviceOf } from "./advice";
import { OutcomeBadge } from "./badges";

type Outcome = Schemas["OutcomeItem"];

/** What became of events, by name, outcome and code, and what each code asks one to do. */
export function Outcomes({ rows, platform }: { rows: Outcome[]; platform: Platform }) {
  const t = useTexts();
  const format = useFormat();
  if (rows.length === 0) return <Empty title={t("delivery.nothing")} />;
  const codes = [...new Set(rows.map(({ code }) => code))].flatMap((code) => {
    const advice = adviceOf(platform, code);
    return advice ? [{ code, advice }] : [];
  });
  return (
    <>
      {codes.length > 0 ? (
        <dl className="mb-3 flex flex-col gap-2 rounded-sm bg-sunken px-3 py-2 text-control">
          {codes.map(({ code, advice }) => (
            <div key={code} className="gap-x-3 sm:flex">
              <dt className="shrink-0 sm:w-36">
                <code>
                  <bdi>{code}</bdi>
                </code>
              </dt>
              <dd className="max-w-prose text-ink-2">{t(advice)}</dd>
            </div>
          ))}
        </dl>
      ) : null}
      <DataTable
        label={t("delivery.became")}
        rows={rows}
        keyOf={(row) => [row.event_name, row.outcome, row.code].join(" ")}
        columns={[
          {
            key: "event",
            label: t("delivery.event"),
            cell: ({ event_name: name }) =>
              name === "custom" ? t("delivery.custom") : <bdi>{name || "–"}</bdi>,
          },
          {
            key: "outcome",
            label: t("delivery.outcome"),
            cell: ({ outcome, code }) => (
              <>
                <OutcomeBadge outcome={outcome} />
                {code ? (
                  <code className="ms-2 text-note text-ink-3">
                    <bdi>{code}</bdi>
                  </code>
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
            key: "tries",
            label: t("delivery.tries"),
            isEnd: true,
            hide: "sm",
            cell: ({ tries }) => <bdi>{format.number(tries)}</bdi>,
          },
        ]}
      />
    </>
  );
}
