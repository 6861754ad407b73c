import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "../../api/client";
import { ingest } from "../../api/queries";
import type { View } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { platformText } from "../../figures/platform";
import { gathered } from "../../figures/refusals";
import { Ago } from "../../ui/ago";
import { ButtonLink } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Asked, Empty, Panel } from "../../ui/panel";
import { Rate } from "./rate";
import { Tail } from "./tail";

const PARTS = ["received", "landed", "duplicate", "rejected"] as const;

/** What came in and what became of it. */
export function Arrivals({ view }: { view: View }) {
  const t = useTexts();
  // Today is always of interest here, so the days end with it unless others were chosen.
  const range = { date_from: view.period.from, date_to: view.isDefault ? view.today : view.period.to };
  const query = useQuery(ingest(range));
  return (
    <Asked query={query} lines={10}>
      {(data) => (
        <div className="flex flex-col gap-4">
          <Rate />
          <div className="grid gap-4 md:grid-cols-2">
            <CountsPanel title={t("events.events")} counts={data.events} />
            <CountsPanel title={t("events.reports")} counts={data.ad_reports} />
          </div>
          <Refusals rows={data.rejections} />
          <Tail />
          <Incomplete rows={data.diagnostics} />
          <ByDataset rows={data.datasets} />
        </div>
      )}
    </Asked>
  );
}

function CountsPanel({ title, counts }: { title: string; counts: Schemas["Counts"] }) {
  const t = useTexts();
  const format = useFormat();
  return (
    <Panel title={title}>
      <dl className="grid grid-cols-4 gap-2">
        {PARTS.map((part) => (
          <div key={part}>
            <dt className="text-note text-ink-3">{t(`count.${part}`)}</dt>
            <dd
              className={`text-[18px] font-semibold ${part === "rejected" && counts.rejected > 0 ? "text-bad" : ""}`}
            >
              <bdi>{format.number(counts[part])}</bdi>
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function Refusals({ rows }: { rows: Schemas["Rejections"][] }) {
  const t = useTexts();
  const format = useFormat();
  const sorted = gathered(rows);
  return (
    <Panel title={t("refusals.title")} note={t("refusals.note")}>
      {sorted.length === 0 ? (
        <Empty title={t("refusals.none")} />
      ) : (
        <DataTable
          label={t("refusals.title")}
          rows={sorted}
          keyOf={(row) => `${row.platform}${row.dataset_id}${row.reason}${row.field}`}
          columns={[
            { key: "reason", label: t("refusals.reason"), cell: (row) => <Reason code={row.reason} /> },
            {
              key: "field",
              label: t("refusals.field"),
              hide: "sm",
              cell: (row) => <FieldName path={row.field} />,
            },
            { key: "dataset", label: t("events.dataset"), cell: (row) => <Dataset row={row} /> },
            {
              key: "rows",
              label: t("refusals.rows"),
              isEnd: true,
              cell: (row) => <bdi>{format.number(row.rows)}</bdi>,
            },
          ]}
        />
      )}
    </Panel>
  );
}

/** Events that were taken without a field; shown only where there are any. */
function Incomplete({ rows }: { rows: Schemas["Diagnostics"][] }) {
  const t = useTexts();
  const format = useFormat();
  if (rows.length === 0) return null;
  return (
    <Panel title={t("diagnostics.title")} note={t("diagnostics.note")}>
      <DataTable
        label={t("diagnostics.title")}
        rows={rows}
        keyOf={(row) => `${row.platform}${row.dataset_id}${row.reason}${row.field}`}
        columns={[
          { key: "reason", label: t("refusals.reason"), cell: (row) => <Reason code={row.reason} /> },
          {
            key: "field",
            label: t("refusals.field"),
            hide: "sm",
            cell: (row) => <FieldName path={row.field} />,
          },
          { key: "dataset", label: t("events.dataset"), cell: (row) => <Dataset row={row} /> },
          {
            key: "events",
            label: t("events.events"),
            isEnd: true,
            cell: (row) => <bdi>{format.number(row.events)}</bdi>,
          },
        ]}
      />
    </Panel>
  );
}

function Reason({ code }: { code: string }) {
  const t = useTexts();
  return (
    <>
      <span className="block">{t(`reject.${code}` as never)}</span>
      <span className="block max-w-xl text-note font-normal text-ink-2">
        {t(`reject.${code}.remedy` as never)}
      </span>
    </>
  );
}

function FieldName({ path }: { path: string }) {
  const t = useTexts();
  if (!path) return <span className="text-ink-3">{t("refusals.whole")}</span>;
  return (
    <code>
      <bdi>{path}</bdi>
    </code>
  );
}

function Dataset({ row }: { row: { platform?: string | null; dataset_id: string } }) {
  const t = useTexts();
  return (
    <>
      {t(platformText(row.platform, row.dataset_id))}{" "}
      <bdi className="text-ink-3">{row.dataset_id || "–"}</bdi>
    </>
  );
}

function ByDataset({ rows }: { rows: Schemas["DatasetCounts"][] }) {
  const t = useTexts();
  const format = useFormat();
  return (
    <Panel title={t("events.byDataset")}>
      {rows.length === 0 ? (
        <Empty title={t("events.none")}>
          <p>{t("events.noneHelp")}</p>
          <ButtonLink to="/start" className="mt-3">
            {t("nav.start")}
          </ButtonLink>
        </Empty>
      ) : (
        <DataTable
          label={t("events.byDataset")}
          rows={rows}
          keyOf={(row) => `${row.kind}${row.platform}${row.dataset_id}`}
          columns={[
            {
              key: "dataset",
              label: t("events.dataset"),
              cell: (row) => (
                <>
                  {t(platformText(row.platform, row.dataset_id))}{" "}
                  <bdi className="text-ink-3">{row.dataset_id}</bdi>
                  <span className="block text-note font-normal text-ink-3">
                    {t(`rowKind.${row.kind}` as never)}
                    <span className="sm:hidden">
                      {" "}
                      · <Ago at={row.newest_received_at} />
                    </span>
                  </span>
                </>
              ),
            },
            {
              key: "newest",
              label: t("events.newest"),
              hide: "sm",
              cell: (row) => <Ago at={row.newest_received_at} />,
            },
            ...PARTS.map((part) => ({
              key: part,
              label: t(`count.${part}`),
              isEnd: true,
              hide: part === "landed" || part === "rejected" ? undefined : ("md" as const),
              cell: (row: Schemas["DatasetCounts"]) => (
                <bdi className={part === "rejected" && row.rejected > 0 ? "font-semibold text-bad" : ""}>
                  {format.number(row[part])}
                </bdi>
              ),
            })),
          ]}
        />
      )}
    </Panel>
  );
}
