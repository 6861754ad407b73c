import { parseAbsolute, toCalendarDate } from "@internationalized/date";
import { useRef } from "react";
import type { Schemas } from "../../api/client";
import type { Span } from "../../api/destinations";
import { useFormat, useTexts } from "../../app/texts";
import { Bars } from "../../charts/bars";
import { Figure } from "../../charts/figure";
import { SourceMark } from "../../charts/marks";
import { TimeSeries } from "../../charts/time-series";
import { duration } from "../../format/units";

interface ChartProps {
  report: Schemas["DeliveryReport"];
  span: Span;
  /** The destination's. */
  name: string;
}

/** The hours of a report for tooltips and the axis. */
function useHours({ report, span }: ChartProps) {
  const format = useFormat();
  const day = (at: string) => toCalendarDate(parseAbsolute(at, format.zone)).toString();
  return {
    names: report.hours.map(({ hour }) => format.instant(hour)),
    ticks: report.hours.map(({ hour }) => (span === "day" ? format.clock(hour) : format.day(day(hour)))),
  };
}

/** What the platform took and what it will not get, by hour. */
export function OutcomeChart(props: ChartProps) {
  const t = useTexts();
  const format = useFormat();
  const ref = useRef<SVGSVGElement>(null);
  const { report, span, name } = props;
  const parts = (["delivered", "failed"] as const).map((key) => ({
    key,
    label: t(`delivery.${key}`),
    look: key === "delivered" ? ("good" as const) : ("bad" as const),
    values: report.hours.map((hour) => hour[key]),
  }));
  return (
    <Figure
      chart={ref}
      sheet={{
        name: `delivery_${span}`,
        heading: [t("delivery.byHour"), name],
        head: [t("rate.from"), ...parts.map(({ label }) => label)],
        rows: report.hours.map((hour) => [hour.hour, hour.delivered, hour.failed]),
      }}
      legend={parts.map(({ key, label, look }) => (
        <span key={key} className="flex items-center gap-1.5">
          <span aria-hidden className={`size-2.5 ${look === "good" ? "bg-accent" : "bg-bad"}`} />
          {label}
        </span>
      ))}
    >
      <Bars
        ref={ref}
        plot={{
          label: t("delivery.sentence", {
            delivered: format.number(report.delivered),
            failed: format.number(report.failed),
          }),
          ...useHours(props),
          parts,
          text: (value) => format.number(value),
        }}
      />
    </Figure>
  );
}

/** How long delivered events took, by hour; an hour without any is a gap. */
export function LatencyChart(props: ChartProps) {
  const t = useTexts();
  const { locale } = useFormat();
  const ref = useRef<SVGSVGElement>(null);
  const { report, span, name } = props;
  const text = (ms: number | null) => duration(ms, locale);
  const lines = [
    {
      key: "p95",
      label: t("delivery.p95"),
      look: "before" as const,
      values: report.hours.map(({ latency }) => latency.p95_ms ?? null),
    },
    {
      key: "p50",
      label: t("delivery.p50"),
      look: "tracked" as const,
      values: report.hours.map(({ latency }) => latency.p50_ms ?? null),
    },
  ];
  return (
    <Figure
      chart={ref}
      sheet={{
        name: `delivery_time_${span}`,
        heading: [t("delivery.tookByHour"), name],
        head: [t("rate.from"), "p50_ms", "p95_ms", "p99_ms"],
        rows: report.hours.map(({ hour, latency }) => [
          hour,
          latency.p50_ms ?? null,
          latency.p95_ms ?? null,
          latency.p99_ms ?? null,
        ]),
      }}
      legend={
        <>
          <span className="font-medium">{t("delivery.tookByHour")}</span>
          <span className="flex items-center gap-1.5">
            <SourceMark source="tracked" /> {t("delivery.p50")}
          </span>
          <span className="flex items-center gap-1.5">
            <span aria-hidden className="w-4 border-t-2 border-dotted border-edge" /> {t("delivery.p95")}
          </span>
        </>
      }
    >
      <TimeSeries
        ref={ref}
        plot={{
          label: t("delivery.tookSentence", {
            p50: text(report.latency.p50_ms ?? null),
            p95: text(report.latency.p95_ms ?? null),
          }),
          ...useHours(props),
          lines,
          text,
          axis: text,
        }}
      />
    </Figure>
  );
}
