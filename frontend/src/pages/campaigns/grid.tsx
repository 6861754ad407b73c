import { Link } from "@tanstack/react-router";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import type { Schemas } from "../../api/client";
import { carried } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { Badge } from "../../ui/panel";

export type Sort = "name" | "spend" | "revenue" | "roas" | "created_at";
type Campaign = Schemas["CampaignItem"];

const ROW_PX = 48;
const AHEAD = 12;
const COLUMNS =
  "grid grid-cols-[minmax(0,1fr)_96px_72px] items-center gap-x-3 px-3 md:grid-cols-[minmax(0,1fr)_92px_110px_110px_72px] lg:grid-cols-[minmax(150px,1fr)_84px_112px_112px_60px_84px_96px_60px_108px]";
const LARGE = "max-lg:hidden";
const MEDIUM = "max-md:hidden";

interface GridProps {
  rows: Campaign[];
  total: number;
  /** Of all that is shown; absent where a filter has no sum of its own. */
  sums?: Schemas["Kpis"];
  sort: Sort;
  order: "asc" | "desc";
  isOld: boolean;
  onSort: (sort: Sort, order: "asc" | "desc") => void;
  onEnd: () => void;
}

/** Rows as they come into sight, however many there are. */
export function CampaignGrid({ rows, total, sums, sort, order, isOld, onSort, onEnd }: GridProps) {
  const t = useTexts();
  const format = useFormat();
  const list = useRef<HTMLDivElement>(null);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_PX,
    overscan: AHEAD,
    scrollMargin: list.current?.offsetTop ?? 0,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= rows.length - AHEAD && rows.length < total) onEnd();
  }, [last, rows.length, total, onEnd]);
  const head = (label: ReactNode, key?: Sort, shape = "") => (
    <Head label={label} sortKey={key} sort={sort} order={order} onSort={onSort} shape={shape} />
  );
  return (
    <div
      role="table"
      aria-label={t("nav.campaigns")}
      aria-rowcount={total + 1}
      aria-busy={isOld}
      className={`rounded-lg border border-line bg-surface text-control ${isOld ? "opacity-60" : ""}`}
    >
      <div role="rowgroup" className="sticky top-14 z-10 rounded-t-lg border-b border-line bg-surface">
        <div role="row" aria-rowindex={1} className={`${COLUMNS} min-h-9 text-note text-ink-3`}>
          {head(t("campaigns.name"), "name")}
          {head(t("campaigns.status"), undefined, MEDIUM)}
          {head(t("kpi.spend"), "spend", "justify-end")}
          {head(t("kpi.revenue"), "revenue", `justify-end ${MEDIUM}`)}
          {head(t("kpi.roas"), "roas", "justify-end")}
          {head(t("kpi.conversions"), undefined, `justify-end ${LARGE}`)}
          {head(t("kpi.cpa"), undefined, `justify-end ${LARGE}`)}
          {head(t("kpi.ctr"), undefined, `justify-end ${LARGE}`)}
          {head(t("campaigns.planned"), undefined, `justify-end ${LARGE}`)}
        </div>
        {sums ? (
          <div role="row" className={`${COLUMNS} min-h-9 border-t border-line font-semibold`}>
            <Cell>{t("campaigns.total")}</Cell>
            <Cell shape={MEDIUM} />
            <Cell isEnd>{format.money(sums.total_spend, sums.currency)}</Cell>
            <Cell isEnd shape={MEDIUM}>
              {format.money(sums.total_revenue, sums.currency)}
            </Cell>
            <Cell isEnd>{format.figure(sums.avg_roas, "ratio")}</Cell>
            <Cell isEnd shape={LARGE}>
              {format.number(sums.total_conversions)}
            </Cell>
            <Cell isEnd shape={LARGE}>
              {format.money(sums.avg_cpa, sums.currency)}
            </Cell>
            <Cell isEnd shape={LARGE}>
              {format.percent(sums.avg_ctr, 2)}
            </Cell>
            <Cell shape={LARGE} />
          </div>
        ) : null}
      </div>
      <div ref={list} role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          return row ? (
            <div
              key={row.id}
              role="row"
              aria-rowindex={item.index + 2}
              className={`${COLUMNS} absolute inset-x-0 top-0 border-b border-line hover:bg-sunken`}
              style={{
                height: ROW_PX,
                transform: `translateY(${item.start - virtual.options.scrollMargin}px)`,
              }}
            >
              <Row row={row} />
            </div>
          ) : null;
        })}
      </div>
    </div>
  );
}

const STATUS_KINDS = {
  active: "good",
  paused: "warn",
  draft: "plain",
  completed: "plain",
  archived: "plain",
} as const;

function Row({ row }: { row: Campaign }) {
  const t = useTexts();
  const format = useFormat();
  const money = (value: number | null | undefined) => format.money(value, row.figures_currency);
  const budget =
    row.daily_budget != null
      ? t("campaigns.daily", { amount: format.money(row.daily_budget, row.currency) })
      : row.lifetime_budget != null
        ? t("campaigns.lifetime", { amount: format.money(row.lifetime_budget, row.currency) })
        : "–";
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
      <Cell isEnd title={row.figures_reason}>
        {money(row.total_spend)}
      </Cell>
      <Cell isEnd shape={MEDIUM} title={row.figures_reason}>
        {money(row.revenue)}
      </Cell>
      <Cell isEnd>{format.figure(row.roas, "ratio")}</Cell>
      <Cell isEnd shape={LARGE}>
        {format.number(row.conversions)}
      </Cell>
      <Cell isEnd shape={LARGE} title={row.figures_reason}>
        {money(row.cpa)}
      </Cell>
      <Cell isEnd shape={LARGE}>
        {format.percent(row.ctr, 2)}
      </Cell>
      <Cell isEnd shape={LARGE}>
        {budget}
      </Cell>
    </>
  );
}

function Cell({
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

function Head({
  label,
  sortKey,
  sort,
  order,
  onSort,
  shape,
}: {
  label: ReactNode;
  sortKey?: Sort;
  sort: Sort;
  order: "asc" | "desc";
  onSort: (sort: Sort, order: "asc" | "desc") => void;
  shape: string;
}) {
  const isSorted = sortKey === sort;
  const Arrow = order === "asc" ? ArrowUp : ArrowDown;
  const sorted = isSorted ? (order === "asc" ? "ascending" : "descending") : "none";
  return (
    <div role="columnheader" aria-sort={sortKey ? sorted : undefined} className={`flex min-w-0 ${shape}`}>
      {sortKey ? (
        <button
          type="button"
          className="inline-flex min-h-6 items-center gap-1 hover:text-ink"
          onClick={() => onSort(sortKey, isSorted && order === "desc" ? "asc" : "desc")}
        >
          {label}
          {isSorted ? <Arrow size={12} aria-hidden /> : null}
        </button>
      ) : (
        label
      )}
    </div>
  );
}
