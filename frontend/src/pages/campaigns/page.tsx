import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useDeferredValue, useEffect, useState } from "react";
import { Input, SearchField } from "react-aria-components";
import { campaigns, kpis } from "../../api/queries";
import { useMay, useMe } from "../../app/me";
import { useView } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Choose } from "../../ui/field";
import { Empty, ErrorNote, Waiting } from "../../ui/panel";
import { PageHead } from "../../ui/toolbar";
import { CampaignForm } from "./form";
import { CampaignGrid, type Sort } from "./grid";

export const STATUSES = ["draft", "active", "paused", "completed", "archived"] as const;

interface CampaignsSearch {
  q?: string;
  status?: (typeof STATUSES)[number];
  sort?: Exclude<Sort, "spend">;
  order?: "asc";
}

/** Every campaign with its figures of the period. */
export function CampaignsPage() {
  const t = useTexts();
  const format = useFormat();
  const view = useView();
  const { tenant } = useMe();
  const mayWrite = useMay("campaigns.write");
  const { q, status, sort = "spend", order } = useSearch({ strict: false }) as CampaignsSearch;
  const [isMaking, setMaking] = useState(false);
  const asked = {
    date_from: view.period.from,
    date_to: view.period.to,
    currency: tenant.reporting_currency,
    sort_by: sort,
    sort_order: order ?? ("desc" as const),
    ...(view.platform ? { platform: view.platform } : {}),
    ...(status ? { status } : {}),
    ...(q ? { search: q } : {}),
  };
  const query = useInfiniteQuery(campaigns(asked));
  const sums = useQuery(kpis(view.asked));
  const rows = query.data?.pages.flatMap(({ data }) => data) ?? [];
  const total = query.data?.pages[0]?.pagination?.total ?? 0;
  const change = (next: CampaignsSearch) => view.change(next as never);
  const statuses = [
    { key: "all" as const, label: t("status.all") },
    ...STATUSES.map((key) => ({ key, label: t(`status.${key}`) })),
  ];
  return (
    <>
      <PageHead title={t("nav.campaigns")} view={view} parts={["platform"]}>
        {mayWrite ? (
          <Button kind="primary" onPress={() => setMaking(true)}>
            {t("campaigns.new")}
          </Button>
        ) : null}
      </PageHead>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchBox value={q ?? ""} onChange={(next) => change({ q: next || undefined })} />
        <Choose
          label={t("campaigns.status")}
          isLabelHidden
          value={status ?? "all"}
          options={statuses}
          onChange={(key) => change({ status: key === "all" ? undefined : key })}
        />
        <span className="text-control text-ink-3" role="status">
          {query.data ? t("campaigns.count", { count: total, shown: format.number(total) }) : ""}
        </span>
      </div>
      {query.error ? <ErrorNote error={query.error} onAgain={() => void query.refetch()} /> : null}
      {query.isPending && !query.error ? <Waiting lines={12} /> : null}
      {query.data && rows.length === 0 ? (
        <Empty title={t(q || status || view.platform ? "campaigns.noneFound" : "campaigns.none")}>
          {t("campaigns.noneHelp")}
        </Empty>
      ) : null}
      {rows.length > 0 ? (
        <CampaignGrid
          rows={rows}
          total={total}
          sums={q || status ? undefined : sums.data}
          sort={sort}
          order={order ?? "desc"}
          isOld={query.isPlaceholderData}
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
