import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { arrivals } from "../../api/arrivals";
import { useFormat, useTexts } from "../../app/texts";
import { Bars } from "../../charts/bars";
import { Figure } from "../../charts/figure";
import { Asked, Panel } from "../../ui/panel";
import { Segments } from "../../ui/segments";

const STEPS = ["minute", "hour"] as const;
type Step = (typeof STEPS)[number];

/** What comes in by the minute or the hour, and how much of it is refused. */
export function Rate() {
  const t = useTexts();
  const format = useFormat();
  const ref = useRef<SVGSVGElement>(null);
  const [step, setStep] = useState<Step>("minute");
  const query = useQuery(arrivals(step));
  return (
    <Panel
      title={t("rate.title")}
      note={t("rate.note")}
      aside={
        <Segments
          label={t("step.label")}
          value={step}
          onChange={setStep}
          choices={STEPS.map((key) => ({ key, label: t(`rate.${key}`) }))}
        />
      }
    >
      <Asked query={query} lines={5}>
        {(slots) => {
          const sum = (part: "landed" | "rejected") => slots.reduce((all, one) => all + one[part], 0);
          const clock = (at: string) => format.clock(at);
          const parts = (["landed", "rejected"] as const).map((key) => ({
            key,
            label: t(`count.${key}`),
            look: key === "landed" ? ("good" as const) : ("bad" as const),
            values: slots.map((one) => one[key]),
          }));
          return (
            <Figure
              chart={ref}
              sheet={{
                name: `events_by_${step}`,
                heading: [t("rate.title"), t(`rate.${step}`)],
                head: [t("rate.from"), ...parts.map(({ label }) => label)],
                rows: slots.map((one) => [one.at, one.landed, one.rejected]),
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
                  label: t("rate.sentence", {
                    landed: format.number(sum("landed")),
                    rejected: format.number(sum("rejected")),
                  }),
                  names: slots.map((one) => format.instant(one.at)),
                  ticks: slots.map((one) => clock(one.at)),
                  parts,
                  text: (value) => format.number(value),
                }}
              />
            </Figure>
          );
        }}
      </Asked>
    </Panel>
  );
}
