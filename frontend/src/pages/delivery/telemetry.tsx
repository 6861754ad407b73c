import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { type Destination, delivery, SPANS, type Span } from "../../api/destinations";
import { useFormat, useTexts } from "../../app/texts";
import { duration } from "../../format/units";
import { Ago } from "../../ui/ago";
import { Asked, Empty, Note, Panel } from "../../ui/panel";
import { Segments } from "../../ui/segments";
import { LatencyChart, OutcomeChart } from "./charts";
import { Outcomes } from "./outcomes";

type Report = Schemas["DeliveryReport"];

/** What was delivered and what was not, how fast, and what waits. */
export function Telemetry({ row }: { row: Destination }) {
  const t = useTexts();
  const navigate = useNavigate();
  const { span = "day" } = useSearch({ strict: false }) as { span?: Span };
  const query = useQuery(delivery(row.id, span));
  const choose = (next: Span) =>
    void navigate({
      to: ".",
      search: ((old: object) => ({ ...old, span: next === "day" ? undefined : next })) as never,
      replace: true,
    });
  return (
    <div className="flex flex-col gap-4">
      <Panel
        title={t("delivery.did")}
        note={t("delivery.didNote")}
        aside={
          <Segments
            label={t("delivery.span")}
            value={span}
            onChange={choose}
            choices={SPANS.map((key) => ({ key, label: t(`deliverySpan.${key}`) }))}
          />
        }
      >
        <Asked query={query} lines={8}>
          {(report) => (
            <div className="flex flex-col gap-4">
              <Tiles report={report} row={row} />
              {report.attempted > 0 ? (
                <>
                  <OutcomeChart report={report} span={span} name={row.name} />
                  <LatencyChart report={report} span={span} name={row.name} />
                </>
              ) : (
                <Empty title={t("delivery.nothing")}>{t(`deliveryModeHelp.${row.mode}`)}</Empty>
              )}
            </div>
          )}
        </Asked>
      </Panel>
      <Panel title={t("delivery.became")} note={t("delivery.becameNote")}>
        <Asked query={query} lines={4}>
          {({ outcomes }) => <Outcomes rows={outcomes} platform={row.platform} />}
        </Asked>
      </Panel>
    </div>
  );
}

function Tiles({ report, row }: { report: Report; row: Destination }) {
  const t = useTexts();
  const format = useFormat();
  const { attempted, delivered, failed, success_rate: rate, latency, waiting } = report;
  const long = (ms: number | null | undefined) => duration(ms, format.locale);
  const tiles = [
    {
      name: t("delivery.rate"),
      value: format.percent(rate == null ? null : rate * 100),
      below: t("delivery.of", { delivered: format.number(delivered), attempted: format.number(attempted) }),
    },
    {
      name: t("delivery.failed"),
      value: format.number(failed),
      below: t("delivery.failedHelp"),
    },
    {
      name: t("delivery.took"),
      value: long(latency.p50_ms),
      below:
        latency.p50_ms == null
          ? t("delivery.noneDelivered")
          : t("delivery.percentiles", { p95: long(latency.p95_ms), p99: long(latency.p99_ms) }),
    },
    {
      name: t("delivery.waiting"),
      value: `${format.number(waiting.events)}${waiting.is_complete ? "" : "+"}`,
      below: waiting.oldest_received_at ? (
        <>
          {t("delivery.oldest")} <Ago at={waiting.oldest_received_at} />
        </>
      ) : (
        t("delivery.noneWaits")
      ),
    },
  ];
  return (
    <>
      <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        {tiles.map(({ name, value, below }) => (
          <div key={name} className="rounded-sm border border-line px-3 py-2">
            <dt className="text-note text-ink-2">{name}</dt>
            <dd>
              <bdi className="block text-figure font-semibold">{value}</bdi>
              <span className="text-note text-ink-3">{below}</span>
            </dd>
          </div>
        ))}
      </dl>
      {waiting.expiring > 0 ? (
        <Note kind="warn">
          {t("delivery.expiring", {
            count: waiting.expiring,
            shown: format.number(waiting.expiring),
            platform: t(`platform.${row.platform}`),
          })}
        </Note>
      ) : null}
    </>
  );
}
