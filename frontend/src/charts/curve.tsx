import { extent, max } from "d3-array";
import { type KeyboardEvent, useRef, useState } from "react";
import type { Schemas } from "../api/client";
import { useFormat, useTexts } from "../app/texts";
import { Figure } from "./figure";
import { useWidth } from "./measure";
import { bandOf, pathOf, scaleOf } from "./plot";
import type { Sheet } from "./save";

type Scenario = Schemas["ScenarioAnswer"];

const START = 76;
const END = 20;
const TOP = 12;
const PLOT = 240;
const FOOT = 40;

/** Revenue by budget with its band: what more or less spend would bring. */
export function Curve({
  simulation,
  plan,
}: {
  simulation: Schemas["Simulation"];
  /** A planned budget, which is marked where it lies on the curve. */
  plan?: number;
}) {
  const t = useTexts();
  const format = useFormat();
  const chart = useRef<SVGSVGElement>(null);
  const [box, width] = useWidth<HTMLDivElement>();
  const points = simulation.scenarios.toSorted((a, b) => spend(a) - spend(b));
  const now = points.findIndex(({ budget_change_percent }) => budget_change_percent === 0);
  const [at, setAt] = useState(now);
  const { currency } = simulation;
  const money = (value: number | null | undefined) => format.money(value, currency);
  const [low = 0, high = 1] = extent(points, spend) as [number, number];
  const x = scaleOf([low, high], [START, Math.max(START + 1, width - END)]);
  const y = scaleOf(
    [0, max(points, ({ confidence_interval }) => confidence_interval.revenue_upper) || 1],
    [TOP + PLOT, TOP],
    4,
  );
  const through = (of: (one: Scenario) => number) =>
    points.map((one) => [x(spend(one)), y(of(one))] as const);
  const band = bandOf(
    through((one) => one.confidence_interval.revenue_lower),
    through((one) => one.confidence_interval.revenue_upper),
  );
  const one = points[at];
  const level = format.percent((points[0]?.confidence_interval.level ?? 0.9) * 100, 0);
  const words = (scenario: Scenario) =>
    t(scenario.budget_change_percent === 0 ? "curve.now" : "curve.point", {
      change: format.change(scenario.budget_change_percent),
      spend: money(scenario.spend),
      revenue: money(scenario.revenue),
      low: money(scenario.confidence_interval.revenue_lower),
      high: money(scenario.confidence_interval.revenue_upper),
      marginal: format.figure(scenario.marginal_roas, "ratio"),
    });
  const press = (event: KeyboardEvent) => {
    const moves: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      Home: 0,
      End: points.length - 1,
    };
    const next = moves[event.key];
    if (next === undefined) return;
    event.preventDefault();
    setAt(Math.max(0, Math.min(points.length - 1, next)));
  };
  const sheet: Sheet = {
    name: "response",
    heading: [t("curve.title"), t("curve.band", { level })],
    head: [
      t("curve.change"),
      t("kpi.spend"),
      t("kpi.revenue"),
      t("curve.low"),
      t("curve.high"),
      t("forecast.marginal"),
    ],
    rows: points.map((scenario) => [
      format.change(scenario.budget_change_percent),
      scenario.spend,
      scenario.revenue,
      scenario.confidence_interval.revenue_lower,
      scenario.confidence_interval.revenue_upper,
      scenario.marginal_roas,
    ]),
  };
  return (
    <Figure sheet={sheet} chart={chart} legend={<span>{t("curve.band", { level })}</span>}>
      <div
        ref={box}
        dir="ltr"
        role="slider"
        tabIndex={0}
        aria-label={t("curve.title")}
        aria-valuemin={0}
        aria-valuemax={points.length - 1}
        aria-valuenow={at}
        aria-valuetext={one ? words(one) : ""}
        onKeyDown={press}
        onPointerMove={(event) => {
          const left = event.currentTarget.getBoundingClientRect().left;
          const wanted = x.invert(event.clientX - left);
          setAt(points.reduce((best, next, place) => (nearer(next, points[best], wanted) ? place : best), 0));
        }}
        onPointerLeave={() => setAt(now)}
      >
        <svg ref={chart} width={width} height={TOP + PLOT + FOOT} aria-hidden className="block">
          {y.ticks(4).map((tick) => (
            <g key={tick}>
              <line x1={START} x2={width - END} y1={y(tick)} y2={y(tick)} className="stroke-line" />
              <text
                x={START - 8}
                y={y(tick)}
                fontSize={11}
                textAnchor="end"
                dominantBaseline="middle"
                className="fill-ink-3"
              >
                {format.money(tick, currency, true)}
              </text>
            </g>
          ))}
          <path d={band} className="fill-reported" opacity={0.16} />
          <path
            d={pathOf(through((one) => one.revenue))}
            className="fill-transparent stroke-reported"
            strokeWidth={2}
          />
          {points[now] ? (
            <line
              x1={x(spend(points[now]))}
              x2={x(spend(points[now]))}
              y1={TOP}
              y2={TOP + PLOT}
              className="stroke-edge"
              strokeDasharray="3 3"
            />
          ) : null}
          {plan !== undefined && plan >= low && plan <= high ? (
            <g>
              <line x1={x(plan)} x2={x(plan)} y1={TOP} y2={TOP + PLOT} className="stroke-accent" />
              <text
                x={x(plan)}
                y={TOP - 2}
                fontSize={11}
                textAnchor={x(plan) > width / 2 ? "end" : "start"}
                className="fill-accent"
              >
                {t("budget.plan")}
              </text>
            </g>
          ) : null}
          {one ? (
            <circle
              cx={x(spend(one))}
              cy={y(one.revenue)}
              r={5}
              className="fill-surface stroke-reported"
              strokeWidth={2.5}
            />
          ) : null}
          {x.ticks(5).map((tick) => (
            <text
              key={tick}
              x={x(tick)}
              y={TOP + PLOT + 18}
              fontSize={11}
              textAnchor="middle"
              className="fill-ink-3"
            >
              {format.money(tick, currency, true)}
            </text>
          ))}
          <text x={START} y={TOP + PLOT + 35} fontSize={11} className="fill-ink-3">
            {t("kpi.spend")}
          </text>
        </svg>
      </div>
      <p className="mt-1 min-h-10 text-control">{one ? words(one) : null}</p>
    </Figure>
  );
}

function spend(one: Scenario): number {
  return one.spend;
}

function nearer(one: Scenario, other: Scenario | undefined, wanted: number): boolean {
  return !other || Math.abs(spend(one) - wanted) < Math.abs(spend(other) - wanted);
}
