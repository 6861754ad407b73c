import type { Schemas } from "../api/client";
import { type TextId, useFormat, useTexts } from "../app/texts";
import { ForecastReason } from "../ui/forecast-reason";
import { Empty } from "../ui/panel";
import { useWidth } from "./measure";
import { scaleOf } from "./plot";

type One = Schemas["Prediction"];

/** A forecast with its interval, the model's past errors and the days it has seen. */
export function Prediction({ one }: { one: One }) {
  const t = useTexts();
  const format = useFormat();
  if (one.insufficient_data || one.predicted_roas == null) {
    return (
      <Empty title={t("forecast.none")}>
        <ForecastReason code={one.reason_code} numbers={one.reason_parameters} />
      </Empty>
    );
  }
  const ratio = (value: number | null | undefined) => format.figure(value, "ratio");
  const { direction } = one.trend as { direction?: string };
  const { backtest, model, days, excluded_days } = one.basis;
  const facts: [string, string][] = [
    [t("forecast.now"), ratio(one.current_roas)],
    [t("forecast.spend"), format.money(one.planned_spend, one.currency)],
    [t("forecast.revenue"), format.money(one.predicted_revenue, one.currency)],
    [t("forecast.marginal"), ratio(one.marginal_roas)],
    [t("forecast.model"), model],
    [
      t("forecast.days"),
      excluded_days ? `${format.number(days)} (−${format.number(excluded_days)})` : format.number(days),
    ],
  ];
  return (
    <div className="flex flex-col gap-4">
      <p className="text-control">
        {t("forecast.sentence", {
          value: ratio(one.predicted_roas),
          low: ratio(one.confidence_lower),
          high: ratio(one.confidence_upper),
          level: format.percent(one.level * 100, 0),
        })}
      </p>
      <IntervalPlot one={one} />
      {one.advice ? (
        <p className="text-control text-ink-2">
          {t(`advice.${one.advice}` as TextId, { next: ratio(one.marginal_roas) })}{" "}
          {direction === "falling" || direction === "rising" ? t(`trend.${direction}`) : null}
        </p>
      ) : null}
      <dl className="grid grid-cols-2 gap-x-6 gap-y-2 text-control md:grid-cols-3">
        {facts.map(([name, value]) => (
          <div key={name} className="flex justify-between gap-3 border-t border-line py-1.5">
            <dt className="text-ink-2">{name}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {backtest ? (
        <p className="text-note text-ink-3">
          {t("forecast.backtest", { error: format.percent(backtest.wmape * 100, 0) })}{" "}
          {backtest.baseline
            ? t("forecast.baseline", {
                model: backtest.baseline.model,
                error: format.percent(backtest.baseline.wmape * 100, 0),
              })
            : null}
        </p>
      ) : (
        <p className="text-note text-ink-3">{t("forecast.noBacktest")}</p>
      )}
    </div>
  );
}

function IntervalPlot({ one }: { one: One }) {
  const t = useTexts();
  const format = useFormat();
  const [box, width] = useWidth<HTMLDivElement>();
  const low = one.confidence_lower ?? one.predicted_roas ?? 0;
  const high = one.confidence_upper ?? one.predicted_roas ?? 0;
  const most = Math.max(high, one.current_roas ?? 0, 1) * 1.1;
  const x = scaleOf([0, most], [12, Math.max(13, width - 12)]);
  return (
    <div ref={box} dir="ltr" className="w-full">
      <svg width={width} height={64} role="img" aria-label={t("forecast.plot")} className="block">
        <line x1={x(0)} x2={x(most)} y1={30} y2={30} className="stroke-line" />
        <line x1={x(1)} x2={x(1)} y1={12} y2={48} className="stroke-edge" strokeDasharray="2 3" />
        <rect
          x={x(low)}
          width={Math.max(2, x(high) - x(low))}
          y={22}
          height={16}
          rx={8}
          className="fill-reported"
          opacity={0.22}
        />
        {one.current_roas != null ? (
          <line
            x1={x(one.current_roas)}
            x2={x(one.current_roas)}
            y1={18}
            y2={42}
            className="stroke-ink"
            strokeWidth={2}
          />
        ) : null}
        <circle
          cx={x(one.predicted_roas ?? 0)}
          cy={30}
          r={6}
          className="fill-surface stroke-reported"
          strokeWidth={3}
        />
        {x.ticks(6).map((tick) => (
          <text key={tick} x={x(tick)} y={60} fontSize={11} textAnchor="middle" className="fill-ink-3">
            {format.number(tick, 1)}
          </text>
        ))}
      </svg>
    </div>
  );
}
