import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useDeferredValue, useEffect, useState } from "react";
import { Input, SearchField } from "react-aria-components";
import { campaignLabels, campaigns, campaignTotals } from "../../api/campaigns";
import { type CampaignsFilter, platforms } from "../../api/queries";
import { useMay, useMe } from "../../app/me";
import { useView } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { KPIS, nameOf, type Source } from "../../figures/kpi";
import { length } from "../../figures/period";
import { Button } from "../../ui/button";
import { ChooseMany } from "../../ui/choose-many";
import { Dialog } from "../../ui/dialog";
import { Choose } from "../../ui/field";
import { Empty, ErrorNote, Waiting } from "../../ui/panel";
import { PageHead } from "../../ui/toolbar";
import { BulkBar, type Chosen } from "./bulk";
import { type Sort, sortName } from "./columns";
import { FigureFilter } from "./figure-filter";
import { CampaignForm } from "./form";
import { CampaignGrid } from "./grid";

export const STATUSES = ["draft", "active", "paused", "completed", "archived"] as const;

interface CampaignsSearch {
  q?: string;
  status?: (typeof STATUSES)[number];
  labels?: string;
  having?: string;
  sort?: Exclude<Sort, "spend">;
  order?: "asc";
}

/** Days whose figures are drawn one by one. */
const SPARK_DAYS_MAX = 92;

/** Every campaign with its figures of the period. */
export function CampaignsPage() {
  const t = useTexts();
  const format = useFormat();
  const view = useView();
  const { tenant } = useMe();
  const mayWrite = useMay("campaigns.write");
  const search = useSearch({ strict: false }) as CampaignsSearch;
  const { q, status, labels, having, sort = "spend", order } = search;
  const [isMaking, setMaking] = useState(false);
  const filter: CampaignsFilter = {
    ...view.asked,
    currency: tenant.reporting_currency,
    ...(status ? { status } : {}),
    ...(labels ? { labels } : {}),
    ...(having ? { having } : {}),
    ...(q ? { search: q } : {}),
  };
  const query = useInfiniteQuery(
    campaigns({
      ...filter,
      ...view.compared,
      ...(length(view.period) <= SPARK_DAYS_MAX ? { spark: nameOf(KPIS.revenue, view.lead) } : {}),
      sort_by: sortName(sort, view.lead),
      sort_order: order ?? "desc",
    }),
  );
  const sums = useQuery(campaignTotals({ ...filter, ...view.compared }));
  const { data: found } = useQuery(platforms(view.asked));
  const isTracked = (platform: string) =>
    found?.platforms.some((one) => one.platform === platform && (one.tracked_conversions ?? 0) > 0) ?? true;
  const rows = query.data?.pages.flatMap(({ data }) => data) ?? [];
  const total = query.data?.pages[0]?.pagination?.total ?? 0;
  const { ticked, chosen, tick, takeAll, clear } = useTicked(filter, total);
  const change = (next: CampaignsSearch) => view.change(next as never);
  const isNarrowed = Boolean(q || status || labels || having || view.asked.platform);
  return (
    <>
      <PageHead title={t("nav.campaigns")} view={view} parts={["compare", "platforms", "lead"]}>
        {mayWrite ? (
          <Button kind="primary" onPress={() => setMaking(true)}>
            {t("campaigns.new")}
          </Button>
        ) : null}
      </PageHead>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchBox value={q ?? ""} onChange={(next) => change({ q: next || undefined })} />
        <Filters search={search} lead={view.lead} onChange={change} />
        <span className="text-control text-ink-3" role="status">
          {query.data ? t("campaigns.count", { count: total, shown: format.number(total) }) : ""}
        </span>
      </div>
      {mayWrite && chosen ? (
        <>
          <BulkBar chosen={chosen} onClear={clear} />
          {"ids" in chosen && total > rows.length && chosen.ids.length === rows.length ? (
            <p className="mb-3 text-control">
              <Button kind="quiet" onPress={takeAll}>
                {t("bulk.takeAll", { count: total, shown: format.number(total) })}
              </Button>
            </p>
          ) : null}
        </>
      ) : null}
      {query.error ? <ErrorNote error={query.error} onAgain={() => void query.refetch()} /> : null}
      {query.isPending && !query.error ? <Waiting lines={12} /> : null}
      {query.data && rows.length === 0 ? (
        <Empty title={t(isNarrowed ? "campaigns.noneFound" : "campaigns.none")}>
          {t("campaigns.noneHelp")}
        </Empty>
      ) : null}
      {rows.length > 0 ? (
        <CampaignGrid
          rows={rows}
          total={total}
          sums={sums.data}
          lead={view.lead}
          isTracked={isTracked}
          sort={sort}
          order={order ?? "desc"}
          isOld={query.isPlaceholderData}
          ticked={mayWrite ? ticked : undefined}
          onTick={tick}
          onSort={(next, direction) =>
            change({
              sort: next === "spend" ? undefined : next,
              order: direction === "asc" ? "asc" : undefined,
            })
          }
          onEnd={() => {
            if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
          }}
        />
      ) : null}
      <Dialog title={t("campaigns.new")} isOpen={isMaking} onClose={() => setMaking(false)}>
        <CampaignForm onDone={() => setMaking(false)} />
      </Dialog>
    </>
  );
}

/** The rows that are ticked, or that all of the list are meant; another list has none. */
function useTicked(filter: CampaignsFilter, count: number) {
  const of = JSON.stringify(filter);
  const [kept, setKept] = useState<{ of: string; ids: string[]; isAll: boolean }>({
    of,
    ids: [],
    isAll: false,
  });
  const { ids, isAll } = kept.of === of ? kept : { ids: [], isAll: false };
  const chosen: Chosen | null = isAll ? { filter, count } : ids.length > 0 ? { ids } : null;
  return {
    ticked: new Set(ids),
    chosen,
    tick: (changed: string[], isTicked: boolean) => {
      const others = ids.filter((id) => !changed.includes(id));
      setKept({ of, ids: isTicked ? [...others, ...changed] : others, isAll: false });
    },
    takeAll: () => setKept({ of, ids, isAll: true }),
    clear: () => setKept({ of, ids: [], isAll: false }),
  };
}

function Filters({
  search: { status, labels, having },
  lead,
  onChange,
}: {
  search: CampaignsSearch;
  lead: Source;
  onChange: (change: CampaignsSearch) => void;
}) {
  const t = useTexts();
  const known = useQuery(campaignLabels());
  const chosen = labels?.split(",") ?? [];
  const statuses = [
    { key: "all" as const, label: t("status.all") },
    ...STATUSES.map((key) => ({ key, label: t(`status.${key}`) })),
  ];
  return (
    <>
      <Choose
        label={t("campaigns.status")}
        isLabelHidden
        value={status ?? "all"}
        options={statuses}
        onChange={(key) => onChange({ status: key === "all" ? undefined : key })}
      />
      {chosen.length > 0 || (known.data?.length ?? 0) > 0 ? (
        <ChooseMany
          label={t("campaigns.labels")}
          all={t("campaigns.allLabels")}
          values={chosen}
          options={(known.data ?? []).map(({ label }) => ({ key: label, label }))}
          onChange={(keys) => onChange({ labels: keys.join(",") || undefined })}
        />
      ) : null}
      <FigureFilter having={having} lead={lead} onChange={(next) => onChange({ having: next })} />
    </>
  );
}

const PAUSE_MS = 250;

function SearchBox({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const t = useTexts();
  const [typed, setTyped] = useState(value);
  const settled = useDeferredValue(typed);
  // The address may change from elsewhere: a link, or the button that goes back.
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (settled === value) return;
    const timer = setTimeout(() => onChange(settled), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [settled, value, onChange]);
  return (
    <SearchField
      aria-label={t("campaigns.search")}
      value={typed}
      onChange={setTyped}
      data-search
      className="relative w-64 max-w-full"
    >
      <Search size={14} aria-hidden className="absolute inset-y-0 start-2.5 my-auto text-ink-3" />
      <Input
        placeholder={t("campaigns.search")}
        className="min-h-8 w-full rounded-sm border border-edge/60 bg-surface ps-8 pe-2 text-control max-md:text-[16px]"
      />
    </SearchField>
  );
}
