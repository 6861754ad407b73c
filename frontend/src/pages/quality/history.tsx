import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { emqHistory } from "../../api/arrivals";
import { useFormat, useTexts } from "../../app/texts";
import { Figure } from "../../charts/figure";
import { TimeSeries } from "../../charts/time-series";
import type { Period } from "../../figures/period";
import { Asked } from "../../ui/panel";
import type { Spot } from "./matrix";

/** The score day by day; days of too few events are left out. */
export function History({ spot, period }: { spot: Spot; period: Period }) {
  const t = useTexts();
  const format = useFormat();
  const ref = useRef<SVGSVGElement>(null);
  const query = useQuery(
    emqHistory({
      from: period.from,
      to: period.to,
      platform: spot.platform,
      dataset_id: spot.dataset,
      event_name: spot.event,
    }),
  );
  return (
    <section>
      <h3 className="mb-1 font-semibold">{t("quality.history")}</h3>
      <Asked query={query} lines={6}>
        {(data) => {
          const days = data.platforms.find(({ platform }) => platform === spot.platform)?.days ?? [];
          const known = days.filter((day) => !day.too_few);
          if (known.length < 2) return <p className="text-control text-ink-3">{t("quality.fewDays")}</p>;
          const text = (value: number | null) => format.figure(value, "score");
          return (
            <Figure
              chart={ref}
              sheet={{
                name: `match_quality_${spot.platform}`,
                heading: [t("quality.history"), t(`platform.${spot.platform}`)],
                head: [
                  t("rates.day"),
                  t("nav.quality"),
                  t("quality.low"),
                  t("quality.high"),
                  t("events.events"),
                ],
                rows: days.map((day) => [
                  day.date,
                  day.score ?? null,
                  day.interval?.low ?? null,
                  day.interval?.high ?? null,
                  day.events,
                ]),
              }}
            >
              <TimeSeries
                ref={ref}
                plot={{
                  label: t("quality.history"),
                  names: days.map((day) => format.day(day.date, "long")),
                  ticks: days.map((day) => format.day(day.date)),
                  lines: [
                    {
                      key: "score",
                      label: t("nav.quality"),
                      look: "tracked",
                      values: days.map((day) => (day.too_few ? null : (day.score ?? null))),
                    },
                  ],
                  lane: {
                    label: t("events.events"),
                    values: days.map((day) => day.events),
                    text: (value) => format.number(value),
                  },
                  text,
                  axis: text,
                }}
              />
            </Figure>
          );
        }}
      </Asked>
    </section>
  );
}
