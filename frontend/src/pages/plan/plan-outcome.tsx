import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { savedPlan } from "../../api/planning";
import { useFormat, useTexts } from "../../app/texts";
import { DataTable } from "../../ui/data-table";
import { Asked, Note } from "../../ui/panel";
import { RevenueRange } from "./revenue-range";

type Outcome = Schemas["PlanOutcome"];

/** What a plan expected beside what the platforms have reported since. */
export function PlanOutcome({ id }: { id: string }) {
  return (
    <Asked query={useQuery(savedPlan(id))} lines={8}>
      {(plan) => <Compared plan={plan} outcome={plan.outcome} />}
    </Asked>
  );
}

function Compared({ plan, outcome }: { plan: Schemas["PlanAnswer"]; outcome: Outcome }) {
  const t = useTexts();
  const format = useFormat();
  const { currency } = plan;
  const money = (value: number) => <bdi>{format.money(value, currency)}</bdi>;
  const isWhole = outcome.days_reported >= outcome.days;
  const held = (is: boolean | null | undefined) =>
    is === null || is === undefined ? "–" : t(is ? "saved.held" : "saved.missed");
  const sums: [string, ReactNode][] = [
    [t("forecast.spend"), money(plan.budget)],
    [t("saved.spend"), money(outcome.spend)],
    [t("forecast.revenue"), <RevenueRange key="plan" revenue={plan.expected} currency={currency} />],
    [t("saved.revenue"), money(outcome.revenue)],
    [t("saved.ofSpend"), <RevenueRange key="spend" revenue={outcome.expected} currency={currency} />],
    [t("saved.verdict"), held(outcome.held)],
  ];
  return (
    <div className="flex flex-col gap-4">
      <p className="text-control text-ink-2">
        {t("saved.reported", { reported: outcome.days_reported, days: outcome.days })}
      </p>
      <dl className="grid grid-cols-2 gap-3 md:grid-cols-3">
        {sums.map(([name, value]) => (
          <div key={name}>
            <dt className="text-note text-ink-3">{name}</dt>
            <dd className="font-semibold">{value}</dd>
          </div>
        ))}
      </dl>
      {isWhole ? null : <Note>{t("saved.waiting")}</Note>}
      {isWhole && !outcome.expected ? <Note>{t("saved.beyond")}</Note> : null}
      <DataTable
        label={t("plan.saved")}
        rows={outcome.campaigns}
        keyOf={(one) => `${one.platform}${one.campaign_id}`}
        columns={[
          {
            key: "name",
            label: t("campaigns.name"),
            cell: (one) => (
              <>
                <bdi className="whitespace-normal">{one.campaign_name || one.campaign_id}</bdi>
                <span className="block text-note font-normal text-ink-3">
                  {t(`platform.${one.platform}` as never)}
                </span>
              </>
            ),
          },
          { key: "plan", label: t("forecast.spend"), isEnd: true, cell: (one) => money(one.budget) },
          { key: "spend", label: t("saved.spend"), isEnd: true, cell: (one) => money(one.spend) },
          {
            key: "expected",
            label: t("saved.ofSpend"),
            isEnd: true,
            hide: "sm",
            cell: (one) => <RevenueRange revenue={one.expected} currency={currency} />,
          },
          { key: "revenue", label: t("saved.revenue"), isEnd: true, cell: (one) => money(one.revenue) },
          { key: "held", label: t("saved.verdict"), hide: "md", cell: (one) => held(one.held) },
        ]}
      />
    </div>
  );
}
