import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import type { Schemas } from "../../api/client";
import { useTexts } from "../../app/texts";
import type { Source } from "../../figures/kpi";
import { FIGURES, LARGE, MEDIUM, SHAPES, type Sort } from "./columns";
import { CampaignRow, Cell, TotalsRow } from "./row";

type Campaign = Schemas["CampaignItem"];

const ROW_PX = 56;
const AHEAD = 12;
const COLUMNS = {
  plain:
    "grid grid-cols-[minmax(0,1fr)_104px_72px] items-center gap-x-3 px-3 md:grid-cols-[minmax(0,1fr)_92px_112px_116px_88px] lg:grid-cols-[minmax(150px,1fr)_84px_112px_116px_76px_92px_100px_60px_96px_108px]",
  ticked:
    "grid grid-cols-[24px_minmax(0,1fr)_104px_72px] items-center gap-x-3 px-3 md:grid-cols-[24px_minmax(0,1fr)_92px_112px_116px_88px] lg:grid-cols-[24px_minmax(150px,1fr)_84px_112px_116px_76px_92px_100px_60px_96px_108px]",
};

interface GridProps {
  rows: Campaign[];
  total: number;
  sums?: Schemas["CampaignTotals"];
  lead: Source;
  /** Whether events of ours name a platform. */
  isTracked: (platform: Campaign["platform"]) => boolean;
  sort: Sort;
  order: "asc" | "desc";
  isOld: boolean;
  /** The rows that are ticked; absent where nobody may change them. */
  ticked?: ReadonlySet<string>;
  onTick: (ids: string[], isTicked: boolean) => void;
  onSort: (sort: Sort, order: "asc" | "desc") => void;
  onEnd: () => void;
}

/** Rows as they come into sight, however many there are. */
export function CampaignGrid(props: GridProps) {
  const { rows, total, sums, lead, isTracked, sort, order, isOld, ticked, onTick, onSort, onEnd } = props;
  const t = useTexts();
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
  const columns = ticked ? COLUMNS.ticked : COLUMNS.plain;
  const head = (label: ReactNode, key?: Sort, shape = "") => (
    <Head label={label} sortKey={key} sort={sort} order={order} onSort={onSort} shape={shape} />
  );
  const isAll = ticked !== undefined && rows.length > 0 && rows.every(({ id }) => ticked.has(id));
  return (
    <div
      role="table"
      aria-label={t("nav.campaigns")}
      aria-rowcount={total + 1}
      aria-busy={isOld}
      className={`rounded-lg border border-line bg-surface text-control ${isOld ? "opacity-60" : ""}`}
    >
      <div role="rowgroup" className="sticky top-14 z-10 rounded-t-lg border-b border-line bg-surface">
        <div role="row" aria-rowindex={1} className={`${columns} min-h-9 text-note text-ink-3`}>
          {ticked ? (
            <div role="columnheader">
              <input
                type="checkbox"
                aria-label={t("bulk.tickAll")}
                checked={isAll}
                onChange={() =>
                  onTick(
                    rows.map(({ id }) => id),
                    !isAll,
                  )
                }
                className="size-4 accent-accent"
              />
            </div>
          ) : null}
          {head(t("campaigns.name"), "name")}
          {head(t("campaigns.status"), undefined, MEDIUM)}
          {FIGURES.map((key) => (
            <Head
              key={key}
              label={t(`kpi.${key}`)}
              sortKey={key}
              sort={sort}
              order={order}
              onSort={onSort}
              shape={`justify-end ${SHAPES[key]}`}
            />
          ))}
          {head(t("campaigns.trend"), undefined, LARGE)}
          {head(t("campaigns.planned"), undefined, `justify-end ${LARGE}`)}
        </div>
        {sums ? <TotalsRow sums={sums} lead={lead} className={columns} isTicked={Boolean(ticked)} /> : null}
      </div>
      <div ref={list} role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          return row ? (
            <div
              key={row.id}
              role="row"
              aria-rowindex={item.index + 2}
              className={`${columns} absolute inset-x-0 top-0 border-b border-line hover:bg-sunken`}
              style={{
                height: ROW_PX,
                transform: `translateY(${item.start - virtual.options.scrollMargin}px)`,
              }}
            >
              {ticked ? (
                <Cell>
                  <input
                    type="checkbox"
                    aria-label={t("bulk.tick", { name: row.name })}
                    checked={ticked.has(row.id)}
                    onChange={(event) => onTick([row.id], event.target.checked)}
                    className="size-4 accent-accent"
                  />
                </Cell>
              ) : null}
              <CampaignRow row={row} lead={lead} isTracked={isTracked(row.platform)} />
            </div>
          ) : null;
        })}
      </div>
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
