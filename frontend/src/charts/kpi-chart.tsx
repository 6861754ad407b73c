import { useRef } from "react";
import type { Schemas } from "../api/client";
import type { Granularity } from "../api/queries";
import { useFormat, useTexts } from "../app/texts";
import { figureOf, KPIS, type KpiKey, type Source } from "../figures/kpi";
import { Figure } from "./figure";
import { SourceMark } from "./marks";
import type { Sheet } from "./save";
import { type Lane, type Line, TimeSeries } from "./time-series";

type Points = Schemas["PeriodMetrics"][];

interface KpiChartProps {
  points: Points;
  /** As many points of the days before. */
  before?: Points;
  total: Schemas["Money"];
  /** What else the picture is about: zone, platform, campaign. */
  about: string[];
  kpi: KpiKey;
  step: Granularity;
  lead: Source;
  incompleteFrom?: string | null;
  /** What is written beside days. */
  flags?: { day: string; text: string }[];
  onBrush?: (from: string, to: string) => void;
}

/** One KPI over time from both sources, with the days before behind it and spend below. */
export function KpiChart({
  points,
  before,
  total,
  about,
  kpi: key,
  step,
  lead,
  incompleteFrom,
  flags,
  onBrush,
}: KpiChartProps) {
  const t = useTexts();
  const format = useFormat();
  const ref = useRef<SVGSVGElement>(null);
  const kpi = KPIS[key];
  const currency = total.currency;
  const sources: Source[] = kpi.tracked === null ? ["reported"] : ["reported", "tracked"];
  const lines: Line[] = sources.map((source) => ({
    key: source,
    label: t(`source.${source}`),
    look: source,
    values: points.map((point) => figureOf(point, kpi, source)),
  }));
  const leading: Source = kpi.tracked === null ? "reported" : lead;
  const first = points[0]?.date_from ?? "";
  const last = points.at(-1)?.date_to ?? "";
  if (before && before.length === points.length) {
    lines.unshift({
      key: "before",
      label: t("compare.then", {
        source: t(`source.${leading}`),
        days: format.days(before[0]?.date_from ?? first, before.at(-1)?.date_to ?? last),
      }),
      look: "before",
      values: before.map((point) => figureOf(point, kpi, leading)),
    });
  }
  const lane: Lane | undefined =
    key === "spend"
      ? undefined
      : {
          label: t("kpi.spend"),
          values: points.map((point) => figureOf(point, KPIS.spend, "reported")),
          text: (value) => format.money(value, currency),
        };
  const name = (point: Points[number]) =>
    step === "monthly"
      ? format.month(point.date_from)
      : step === "weekly"
        ? format.days(point.date_from, point.date_to)
        : format.day(point.date_from, "long");
  const place = incompleteFrom ? points.findIndex(({ date_to }) => date_to >= incompleteFrom) : -1;
  const text = (value: number | null) => format.figure(value, kpi.unit, currency);
  const sum = figureOf(total, kpi, leading);
  const title = t("chart.overTime", { kpi: t(`kpi.${key}`) });
  const sheet: Sheet = {
    name: `${key}_${first}_${last}`,
    heading: [
      title,
      [first ? format.days(first, last) : "", ...about, currency ?? ""].filter(Boolean).join(" · "),
    ],
    head: [t("chart.from"), t("chart.to"), ...lines.map(({ label }) => label), ...(lane ? [lane.label] : [])],
    rows: points.map((point, at) => [
      point.date_from,
      point.date_to,
      ...lines.map(({ values }) => values[at] ?? null),
      ...(lane ? [lane.values[at] ?? null] : []),
    ]),
  };
  return (
    <Figure
      sheet={sheet}
      chart={ref}
      legend={
        <>
          {sources.toReversed().map((source) => (
            <span key={source} className="flex items-center gap-1.5">
              <SourceMark source={source} /> {t(`source.${source}`)}
            </span>
          ))}
          {lines[0]?.look === "before" ? (
            <span className="flex items-center gap-1.5">
              <span aria-hidden className="w-4 border-t-2 border-dotted border-edge" /> {lines[0].label}
            </span>
          ) : null}
          {place >= 0 ? <span className="text-warn">▨ {t("chart.incomplete")}</span> : null}
        </>
      }
    >
      <TimeSeries
        ref={ref}
        plot={{
          label: t("chart.sentence", {
            kpi: t(`kpi.${key}`),
            source: t(`source.${leading}`),
            total: text(sum),
          }),
          names: points.map(name),
          ticks: points.map((point) =>
            step === "monthly" ? format.month(point.date_from) : format.day(point.date_from),
          ),
          lines,
          lane,
          text,
          axis: (value) => format.figure(value, kpi.unit, currency, true),
          incompleteFrom: place >= 0 ? place : null,
          flags: flags?.flatMap(({ day, text: told }) => {
            const at = points.findIndex(({ date_to }) => date_to >= day);
            return at < 0 ? [] : [{ at, text: told }];
          }),
        }}
        onBrush={
          onBrush
            ? (from, to) => onBrush(points[from]?.date_from ?? first, points[to]?.date_to ?? last)
            : undefined
        }
      />
    </Figure>
  );
}
