import { useRef } from "react";
import type { Schemas } from "../../api/client";
import { useFormat, useTexts } from "../../app/texts";
import { Bars } from "../../charts/bars";
import { Figure } from "../../charts/figure";
import { DataTable } from "../../ui/data-table";
import { Note } from "../../ui/panel";
import { SeenValues } from "./words";

/** The days on which a rule would have acted, and the campaigns that it would have acted on. */
export function DryRun({ run }: { run: Schemas["RuleTest"] }) {
  const t = useTexts();
  const format = useFormat();
  const ref = useRef<SVGSVGElement>(null);
  const unknown = run.days.reduce((sum, day) => sum + day.campaigns.unknown, 0);
  const acts = t("rules.acts");
  return (
    <section aria-label={t("rules.dryRun")} className="flex flex-col gap-3">
      <p role="status" className="text-control font-medium">
        {t("rules.wouldAct", {
          count: run.acts_total,
          shown: format.number(run.acts_total),
          campaigns: run.campaigns,
          days: run.days.length,
        })}
      </p>
      {unknown > 0 ? <Note>{t("rules.someUnknown")}</Note> : null}
      {run.acts_total > 0 ? (
        <>
          <Figure
            chart={ref}
            sheet={{
              name: "rule_dry_run",
              heading: [t("rules.dryRun"), t("rules.actsByDay")],
              head: [t("rules.day"), acts, t("rules.true"), t("rules.false"), t("rules.unknown")],
              rows: run.days.map(({ date, acts, campaigns }) => [
                date,
                acts,
                campaigns.true,
                campaigns.false,
                campaigns.unknown,
              ]),
            }}
          >
            <Bars
              ref={ref}
              plot={{
                label: t("rules.actsByDay"),
                names: run.days.map(({ date }) => format.day(date)),
                ticks: run.days.map(({ date }) => format.day(date)),
                parts: [{ key: "acts", label: acts, look: "good", values: run.days.map((day) => day.acts) }],
                text: (value) => format.number(value),
              }}
            />
          </Figure>
          <DataTable
            label={t("rules.wouldActOn")}
            rows={run.acts.slice(0, 20)}
            keyOf={(one) => `${one.date} ${one.campaign_id}`}
            columns={[
              {
                key: "campaign",
                label: t("rules.campaign"),
                cell: (one) => <bdi className="whitespace-normal">{one.campaign_name}</bdi>,
              },
              { key: "day", label: t("rules.day"), cell: (one) => <bdi>{format.day(one.date)}</bdi> },
              {
                key: "seen",
                label: t("rules.seen"),
                hide: "sm",
                cell: (one) => <SeenValues observed={one.observed} />,
              },
            ]}
          />
        </>
      ) : null}
    </section>
  );
}
