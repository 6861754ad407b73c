import { useState } from "react";
import type { Schemas } from "../../api/client";
import { useFormat, useTexts } from "../../app/texts";
import { Button } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Choose } from "../../ui/field";
import { Badge, Note, Panel } from "../../ui/panel";
import { Tick } from "../../ui/tick";

type Report = Schemas["ImportReport"];

/** Fields that a column can be. */
const FIELDS = [
  "date",
  "last_day",
  "platform",
  "account_id",
  "campaign_id",
  "campaign_name",
  "ad_set_id",
  "ad_set_name",
  "ad_id",
  "ad_name",
  "country",
  "device",
  "currency",
  "spend",
  "impressions",
  "clicks",
  "conversions",
  "revenue",
];
const LEFT_OUT = "none";
const DAYS = ["add", "change", "leave"] as const;

/** What the file is, how it was read, and what it changes. */
export function ImportReport({
  report,
  mapping,
  onMap,
  isTaking,
  onTake,
}: {
  report: Report;
  mapping: Record<string, string | null>;
  onMap: (column: string, field: string | null) => void;
  isTaking: boolean;
  onTake: (skipFaulty: boolean) => void;
}) {
  const t = useTexts();
  const format = useFormat();
  const [isSkipping, setSkipping] = useState(false);
  const changes = report.days.add + report.days.change;
  const isStopped = report.faulty_rows > 0 && !isSkipping;
  return (
    <Panel
      title={t(report.dry_run ? "import.wouldChange" : "import.changed")}
      note={[
        report.platform ? t(`platform.${report.platform}` as never) : "",
        report.date_from && report.date_to ? format.days(report.date_from, report.date_to) : "",
        t("import.rows", { count: report.file.rows, shown: format.number(report.file.rows) }),
        t("import.campaigns", { count: report.campaigns, shown: format.number(report.campaigns) }),
      ]
        .filter(Boolean)
        .join(" · ")}
      aside={
        report.dry_run ? (
          <Button
            kind="primary"
            isDisabled={changes === 0 || isStopped}
            isPending={isTaking}
            onPress={() => onTake(isSkipping)}
          >
            {t("import.take")}
          </Button>
        ) : null
      }
    >
      <dl className="mb-4 grid grid-cols-3 gap-3">
        {DAYS.map((kind) => (
          <div key={kind}>
            <dt className="text-note text-ink-3">{t(`import.${kind}`)}</dt>
            <dd className="text-head font-semibold">
              <bdi>{format.number(report.days[kind])}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {report.sums.length > 0 ? <Sums sums={report.sums} /> : null}
      {report.changes.length > 0 ? <ChangedDays days={report.changes} all={changes} /> : null}
      {report.notes.map((note) => (
        <Note key={note} className="mt-3">
          {note}
        </Note>
      ))}
      {report.faulty_rows > 0 ? (
        <section className="mt-4">
          <h3 className="mb-1 font-semibold text-bad">
            {t("import.faulty", { count: report.faulty_rows, shown: format.number(report.faulty_rows) })}
          </h3>
          <ul className="max-h-60 overflow-auto text-control">
            {report.faults.map((fault) => (
              <li key={`${fault.row}${fault.field}`} className="border-t border-line py-1">
                {t("import.row", { row: format.number(fault.row) })}{" "}
                {fault.field ? (
                  <code>
                    <bdi>{fault.field}</bdi>
                  </code>
                ) : null}{" "}
                {fault.message}
              </li>
            ))}
          </ul>
          {report.dry_run ? (
            <Tick isSelected={isSkipping} onChange={setSkipping}>
              {t("import.skip")}
            </Tick>
          ) : null}
        </section>
      ) : null}
      {report.left_out.length > 0 ? (
        <p className="mt-3 text-note text-ink-3">
          {t("import.leftOut")}{" "}
          {report.left_out
            .map((one) => `${t(`import.reason.${one.reason}` as never)} (${format.number(one.rows)})`)
            .join(", ")}
        </p>
      ) : null}
      {report.dry_run ? <Columns report={report} mapping={mapping} onMap={onMap} /> : null}
    </Panel>
  );
}

/** The first days that are new or replace other figures, one by one. */
function ChangedDays({ days, all }: { days: Report["changes"]; all: number }) {
  const t = useTexts();
  const format = useFormat();
  const figure = (key: "spend" | "conversions" | "revenue", one: Report["changes"][number]) => {
    const text = (value: number, currency: string) =>
      key === "conversions" ? format.number(value, 2) : format.money(value, currency);
    const after = text(one.after[key], one.currency);
    const before = one.before ? text(one.before[key], one.currency_before ?? one.currency) : null;
    return (
      <>
        {before && before !== after ? (
          <span className="block text-note font-normal text-ink-3">
            <s>
              <bdi>{before}</bdi>
            </s>
          </span>
        ) : null}
        <bdi>{after}</bdi>
      </>
    );
  };
  return (
    <details className="mt-4">
      <summary className="cursor-pointer text-control font-medium text-ink-2">
        {days.length < all
          ? t("import.firstDays", { shown: format.number(days.length), all: format.number(all) })
          : t("import.eachDay")}
      </summary>
      <div className="mt-2 max-h-96 overflow-y-auto">
        <DataTable
          label={t("import.eachDay")}
          rows={days}
          keyOf={(one) => [one.platform, one.account_id, one.campaign_id, one.date].join(" ")}
          columns={[
            {
              key: "day",
              label: t("rates.day"),
              cell: (one) => (
                <>
                  <bdi>{format.day(one.date, "long")}</bdi>{" "}
                  {one.before ? null : <Badge kind="accent">{t("import.new")}</Badge>}
                </>
              ),
            },
            {
              key: "campaign",
              label: t("campaigns.name"),
              cell: (one) => (
                <>
                  <bdi>{one.campaign_name || one.campaign_id}</bdi>
                  <span className="block text-note font-normal text-ink-3">
                    {t(`platform.${one.platform}` as never)} <bdi>{one.account_id}</bdi>
                  </span>
                </>
              ),
            },
            { key: "spend", label: t("kpi.spend"), isEnd: true, cell: (one) => figure("spend", one) },
            {
              key: "conversions",
              label: t("kpi.conversions"),
              isEnd: true,
              hide: "sm",
              cell: (one) => figure("conversions", one),
            },
            {
              key: "revenue",
              label: t("kpi.revenue"),
              isEnd: true,
              hide: "md",
              cell: (one) => figure("revenue", one),
            },
          ]}
        />
      </div>
    </details>
  );
}

function Sums({ sums }: { sums: Report["sums"] }) {
  const t = useTexts();
  const format = useFormat();
  const rows = sums.flatMap(({ currency, before, after }) =>
    (["spend", "revenue", "conversions", "clicks", "impressions"] as const).map((field) => ({
      key: currency + field,
      field,
      currency,
      before: before[field],
      after: after[field],
    })),
  );
  const show = (row: (typeof rows)[number], value: number) => (
    <bdi>
      {row.field === "spend" || row.field === "revenue"
        ? format.money(value, row.currency)
        : format.number(value, 1)}
    </bdi>
  );
  return (
    <DataTable
      label={t("import.sums")}
      rows={rows}
      keyOf={(row) => row.key}
      columns={[
        {
          key: "field",
          label: t("import.sums"),
          cell: (row) => `${t(`kpi.${row.field}`)} (${row.currency})`,
        },
        { key: "before", label: t("import.before"), isEnd: true, cell: (row) => show(row, row.before) },
        { key: "after", label: t("import.after"), isEnd: true, cell: (row) => show(row, row.after) },
      ]}
    />
  );
}

/** How each column was read; another field is read anew. */
function Columns({
  report,
  mapping,
  onMap,
}: {
  report: Report;
  mapping: Record<string, string | null>;
  onMap: (column: string, field: string | null) => void;
}) {
  const t = useTexts();
  const columns = [
    ...report.columns,
    ...report.unused_columns.map((column) => ({ column, field: LEFT_OUT })),
  ];
  const options = [
    { key: LEFT_OUT, label: t("import.notUsed") },
    ...FIELDS.map((key) => ({ key, label: key })),
  ];
  return (
    <section className="mt-4">
      <h3 className="mb-2 font-semibold">{t("import.columns")}</h3>
      <ul className="grid gap-x-6 gap-y-2 md:grid-cols-2 xl:grid-cols-3">
        {columns.map(({ column, field }) => (
          <li key={column} className="flex items-center justify-between gap-3 text-control">
            <bdi className="truncate" title={column}>
              {column}
            </bdi>
            <Choose
              label={t("import.columnIs", { column })}
              isLabelHidden
              value={column in mapping ? (mapping[column] ?? LEFT_OUT) : field}
              options={options}
              onChange={(next) => onMap(column, next === LEFT_OUT ? null : next)}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
