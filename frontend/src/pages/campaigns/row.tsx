import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { carried } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { SourceMark } from "../../charts/marks";
import { Spark } from "../../charts/spark";
import { changeOf, figureOf, KPIS, type KpiKey, type Source } from "../../figures/kpi";
import { Change } from "../../ui/change";
import { Badge } from "../../ui/panel";
import { campaignChange, campaignFigure, FIGURES, hasTracked, LARGE, MEDIUM, SHAPES } from "./columns";

type Campaign = Schemas["CampaignItem"];

const STATUS_KINDS = {
  active: "good",
  paused: "warn",
  draft: "plain",
  completed: "plain",
  archived: "plain",
} as const;

/** A campaign: each figure of the leading source above, the other below, with its change. */
export function CampaignRow({
  row,
  lead,
  isTracked,
}: {
  row: Campaign;
  lead: Source;
  /** Whether events of ours name its platform. */
  isTracked: boolean;
}) {
  const t = useTexts();
  const format = useFormat();
  const budget =
    row.daily_budget != null
      ? t("campaigns.daily", { amount: format.money(row.daily_budget, row.currency) })
      : row.lifetime_budget != null
        ? t("campaigns.lifetime", { amount: format.money(row.lifetime_budget, row.currency) })
        : "–";
  const spark = row.spark ?? undefined;
  return (
    <>
      <Cell>
        <Link
          to="/campaigns/$id"
          params={{ id: row.id }}
          search={(old: object) => carried(old as never) as never}
          className="row-link block truncate font-medium"
          title={row.name}
        >
          <bdi>{row.name}</bdi>
        </Link>
        <span className="block truncate text-note text-ink-3">
          {t(`platform.${row.platform}` as never)}
          {row.labels.length > 0 ? ` · ${row.labels.join(", ")}` : ""}
        </span>
      </Cell>
      <Cell shape={MEDIUM}>
        <Badge kind={STATUS_KINDS[row.status]}>{t(`status.${row.status}`)}</Badge>
      </Cell>
      {FIGURES.map((key) => (
        <Pair
          key={key}
          kpi={key}
          lead={lead}
          show={(source) =>
            format.figure(campaignFigure(row, key, source, isTracked), KPIS[key].unit, row.figures_currency)
          }
          change={campaignChange(row, key, lead)}
          reason={row.figures_reason}
        />
      ))}
      <Cell shape={LARGE}>
        <Spark
          tracked={lead === "tracked" && isTracked ? spark : undefined}
          reported={lead === "reported" ? spark : undefined}
        />
      </Cell>
      <Cell isEnd shape={LARGE}>
        {budget}
      </Cell>
    </>
  );
}

/** What the campaigns of the list add up to, those that are not in sight as well. */
export function TotalsRow({
  sums,
  lead,
  className,
  isTicked,
}: {
  sums: Schemas["CampaignTotals"];
  lead: Source;
  className: string;
  isTicked: boolean;
}) {
  const t = useTexts();
  const format = useFormat();
  return (
    <div role="row" className={`${className} min-h-12 border-t border-line font-semibold`}>
      {isTicked ? <Cell /> : null}
      <Cell>
        {t("campaigns.total")}
        <span className="block text-note font-normal text-ink-3">{t("campaigns.totalTracked")}</span>
      </Cell>
      <Cell shape={MEDIUM} />
      {FIGURES.map((key) => (
        <Pair
          key={key}
          kpi={key}
          lead={lead}
          show={(source) => format.figure(figureOf(sums, KPIS[key], source), KPIS[key].unit, sums.currency)}
          change={changeOf(sums.comparison, KPIS[key], hasTracked(key) ? lead : "reported")}
          reason={sums.currency_reason}
        />
      ))}
      <Cell shape={LARGE} />
      <Cell shape={LARGE} />
    </div>
  );
}

function Pair({
  kpi,
  lead,
  show,
  change,
  reason,
}: {
  kpi: (typeof FIGURES)[number] & KpiKey;
  lead: Source;
  show: (source: Source) => string;
  change: number | null;
  reason?: string | null;
}) {
  const other: Source = lead === "tracked" ? "reported" : "tracked";
  return (
    <Cell shape={`text-end ${SHAPES[kpi]}`} title={reason}>
      {hasTracked(kpi) ? (
        <>
          <span className="flex items-center justify-end gap-1.5">
            <bdi>{show(lead)}</bdi> <SourceMark source={lead} />
          </span>
          <span className="flex items-center justify-end gap-1.5 text-note font-normal text-ink-2">
            <bdi>{show(other)}</bdi> <SourceMark source={other} />
          </span>
        </>
      ) : (
        <>
          <bdi className="block">{show("reported")}</bdi>
          {kpi === "spend" ? (
            <span className="block text-note">
              <Change kpi={KPIS[kpi]} value={change} />
            </span>
          ) : null}
        </>
      )}
    </Cell>
  );
}

export function Cell({
  children,
  isEnd,
  shape = "",
  title,
}: {
  children?: ReactNode;
  isEnd?: boolean;
  shape?: string;
  title?: string | null;
}) {
  return (
    <div role="cell" title={title ?? undefined} className={`min-w-0 ${isEnd ? "text-end" : ""} ${shape}`}>
      {isEnd ? <bdi>{children}</bdi> : children}
    </div>
  );
}
