import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { Schemas } from "../../api/client";
import { budget } from "../../api/planning";
import type { View } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { CampaignCurve } from "../../charts/campaign-curve";
import { saveCsv } from "../../charts/save";
import { Amount } from "../../ui/amount";
import { Button } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Dialog } from "../../ui/dialog";
import { Choose } from "../../ui/field";
import { ForecastReason } from "../../ui/forecast-reason";
import { Asked, Empty, Note, Panel } from "../../ui/panel";
import { Tick } from "../../ui/tick";
import { CurrencyChoice, usePlanCurrency } from "./currency";
import { SavePlan } from "./save-plan";

type Goal = Schemas["OptimizationGoal"];
type Bounds = Record<string, { min: number; max: number }>;

const GOALS: Goal[] = ["maximize_revenue", "maximize_conversions", "maximize_roas", "target_roas"];
const SETTLE_MS = 300;
const DAYS = 30;

interface BudgetSearch {
  total?: number;
  days?: number;
  goal?: Exclude<Goal, "maximize_revenue">;
  target?: number;
  inactive?: true;
}

/** The split of a budget that earns most; a campaign can be pinned, and the rest is split anew. */
export function Budget({ view }: { view: View }) {
  const t = useTexts();
  const {
    total,
    days = DAYS,
    goal = "maximize_revenue",
    target,
    inactive = false,
  } = useSearch({ strict: false }) as BudgetSearch;
  const [pinned, setPinned] = useState<Bounds>({});
  const settled = useSettled(pinned);
  const { currency, all, isKnown } = usePlanCurrency(days);
  const body: Schemas["BudgetRequest"] = {
    total_budget: total ?? 0,
    horizon_days: days,
    optimization_goal: goal,
    ...(goal === "target_roas" ? { target_roas: target ?? 3 } : {}),
    ...(currency ? { currency } : {}),
    ...(inactive ? { include_inactive: true } : {}),
    ...(Object.keys(settled).length > 0 ? { constraints: { per_campaign: settled } } : {}),
  };
  const query = useQuery({ ...budget(body), enabled: (total ?? 0) > 0 && isKnown });
  const change = (next: BudgetSearch) => view.change(next as never);
  return (
    <div className="flex flex-col gap-4">
      <Panel title={t("budget.question")} note={t("budget.note")}>
        <div className="flex flex-wrap items-end gap-3">
          <Amount
            className="w-44"
            label={t("budget.total")}
            value={total ?? null}
            onChange={(value) => change({ total: value ?? undefined })}
            currency={currency}
            min={0}
          />
          <Amount
            className="w-28"
            label={t("budget.days")}
            value={days}
            onChange={(value) => change({ days: value ?? undefined })}
            min={1}
            max={90}
          />
          <CurrencyChoice view={view} currency={currency} all={all} />
          <Choose
            label={t("budget.goal")}
            value={goal}
            options={GOALS.map((key) => ({ key, label: t(`goal.${key}`) }))}
            onChange={(key) =>
              change({
                goal: key === "maximize_revenue" ? undefined : key,
                target: key === "target_roas" ? (target ?? 3) : undefined,
              })
            }
          />
          {goal === "target_roas" ? (
            <Amount
              className="w-28"
              label={t("budget.target")}
              value={target ?? 3}
              onChange={(value) => change({ target: value ?? undefined })}
              min={0.01}
              step={0.01}
            />
          ) : null}
          {Object.keys(pinned).length > 0 ? (
            <Button onPress={() => setPinned({})}>{t("budget.unpin")}</Button>
          ) : null}
        </div>
        <div className="mt-3">
          <Tick isSelected={inactive} onChange={(is) => change({ inactive: is || undefined })}>
            {t("budget.inactive")}
          </Tick>
          <p className="text-note text-ink-3">{t("budget.inactiveHelp")}</p>
        </div>
      </Panel>
      {total ? (
        <Asked query={query} lines={8}>
          {(data) => (
            <Split
              asked={body}
              data={data}
              pinned={pinned}
              onPin={(id, value) =>
                setPinned((old) => {
                  const { [id]: _, ...others } = old;
                  return value === null ? others : { ...others, [id]: { min: value, max: value } };
                })
              }
            />
          )}
        </Asked>
      ) : (
        <Panel title={t("budget.split")}>
          <Empty title={t("budget.none")}>{t("budget.noneHelp")}</Empty>
        </Panel>
      )}
    </div>
  );
}

function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function Split({
  asked,
  data,
  pinned,
  onPin,
}: {
  asked: Schemas["BudgetRequest"];
  data: Schemas["BudgetAnswer"];
  pinned: Bounds;
  onPin: (id: string, value: number | null) => void;
}) {
  const t = useTexts();
  const format = useFormat();
  const { currency, recommendations: rows } = data;
  const [isSaving, setSaving] = useState(false);
  const [curve, setCurve] = useState<Schemas["Recommendation"] | null>(null);
  const money = (value: number | null | undefined) => <bdi>{format.money(value, currency)}</bdi>;
  const save = () =>
    saveCsv({
      name: "budget",
      heading: [t("budget.split"), currency],
      head: [
        "platform",
        "campaign_id",
        "campaign_name",
        "current_budget",
        "recommended_budget",
        "expected_revenue",
        "revenue_lower",
        "revenue_upper",
        "marginal_roas",
        "binding",
      ],
      rows: rows.map((one) => [
        one.platform,
        one.campaign_id,
        one.campaign_name,
        one.current_budget,
        one.recommended_budget,
        one.expected_revenue,
        one.revenue_lower,
        one.revenue_upper,
        one.marginal_roas,
        one.binding,
      ]),
    });
  return (
    <Panel
      title={t("budget.split")}
      aside={
        <span className="inline-flex gap-2">
          <Button onPress={() => setSaving(true)}>{t("saved.save")}</Button>
          <Button onPress={save}>CSV</Button>
        </span>
      }
    >
      <dl className="mb-4 grid grid-cols-2 gap-3 md:grid-cols-4">
        {[
          [t("forecast.revenue"), money(data.total_expected_revenue)],
          [t("kpi.roas"), <bdi key="roas">{format.figure(data.total_expected_roas, "ratio")}</bdi>],
          [
            t("kpi.conversions"),
            <bdi key="conversions">{format.number(data.total_expected_conversions)}</bdi>,
          ],
          [t("budget.unspent"), money(data.unspent)],
        ].map(([name, value]) => (
          <div key={String(name)}>
            <dt className="text-note text-ink-3">{name}</dt>
            <dd className="text-head font-semibold">{value}</dd>
          </div>
        ))}
      </dl>
      {data.unspent > 0 ? <Note className="mb-3">{t("budget.unspentHelp")}</Note> : null}
      <DataTable
        label={t("budget.split")}
        rows={rows}
        keyOf={(one) => `${one.platform}${one.campaign_id}`}
        isChosen={(one) => one.campaign_id in pinned}
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
          {
            key: "now",
            label: t("budget.now"),
            isEnd: true,
            hide: "sm",
            cell: (one) => money(one.current_budget),
          },
          {
            key: "plan",
            label: t("budget.plan"),
            isEnd: true,
            width: "128px",
            cell: (one) => (
              <Amount
                isLabelHidden
                label={t("budget.pin", { name: one.campaign_name })}
                value={pinned[one.campaign_id]?.min ?? Math.round(one.recommended_budget)}
                onChange={(value) => onPin(one.campaign_id, value)}
                currency={currency}
                min={0}
              />
            ),
          },
          {
            key: "revenue",
            label: t("forecast.revenue"),
            isEnd: true,
            cell: (one) => (
              <>
                {money(one.expected_revenue)}
                <span className="block text-note text-ink-3">
                  <bdi>
                    {format.money(one.revenue_lower, currency, true)} –{" "}
                    {format.money(one.revenue_upper, currency, true)}
                  </bdi>
                </span>
              </>
            ),
          },
          {
            key: "marginal",
            label: t("forecast.marginal"),
            isEnd: true,
            hide: "sm",
            cell: (one) => <bdi>{format.figure(one.marginal_roas, "ratio")}</bdi>,
          },
          {
            key: "held",
            label: t("budget.held"),
            hide: "md",
            cell: (one) => t(`binding.${one.binding}` as never),
          },
          {
            key: "act",
            label: "",
            isEnd: true,
            cell: (one) => <Button onPress={() => setCurve(one)}>{t("budget.curve")}</Button>,
          },
        ]}
      />
      {data.left_out.length > 0 ? (
        <section className="mt-4">
          <h3 className="mb-1 font-semibold">{t("budget.leftOut")}</h3>
          <ul className="list-inside list-disc text-control text-ink-2">
            {data.left_out.map((one) => (
              <li key={`${one.platform}${one.campaign_id}`}>
                <bdi>{one.campaign_name}</bdi>:{" "}
                <ForecastReason code={one.reason_code} numbers={one.reason_parameters} />
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <Dialog
        title={curve?.campaign_name || (curve?.campaign_id ?? "")}
        isOpen={curve !== null}
        onClose={() => setCurve(null)}
        isWide
      >
        {curve ? (
          <CampaignCurve
            campaign={curve.campaign_id}
            days={asked.horizon_days ?? DAYS}
            plan={curve.recommended_budget}
          />
        ) : null}
      </Dialog>
      <Dialog title={t("saved.save")} isOpen={isSaving} onClose={() => setSaving(false)}>
        {isSaving ? <SavePlan budget={asked} onDone={() => setSaving(false)} /> : null}
      </Dialog>
    </Panel>
  );
}
