import type { ReactNode } from "react";
import { PLATFORMS, type Platform } from "../api/platforms";
import { useMe } from "../app/me";
import type { View } from "../app/search";
import { useKey } from "../app/shortcuts";
import { useTexts } from "../app/texts";
import { SourceMark } from "../charts/marks";
import { Choose } from "./field";
import { PeriodPicker } from "./period-picker";
import { Segments } from "./segments";

type Part = "compare" | "platform" | "lead";

/** Title of a page and what chooses its days, platform and leading source. */
export function PageHead({
  title,
  view,
  parts = ["compare", "platform", "lead"],
  children,
}: {
  title: string;
  view?: View;
  parts?: Part[];
  children?: ReactNode;
}) {
  return (
    <div className="mb-4 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
      <h1 className="text-page font-semibold">{title}</h1>
      <div className="flex min-w-0 flex-wrap items-center gap-2" data-no-print>
        {view ? <ViewControls view={view} parts={parts} /> : null}
        {children}
      </div>
    </div>
  );
}

function ViewControls({ view, parts }: { view: View; parts: Part[] }) {
  const t = useTexts();
  const { tenant } = useMe();
  const compared = view.compared === null ? "none" : view.compared === "previous_year" ? "year" : "period";
  const choices = [
    { key: "period" as const, label: t("compare.period") },
    { key: "year" as const, label: t("compare.year") },
    { key: "none" as const, label: t("compare.none") },
  ];
  const other = view.lead === "tracked" ? "reported" : undefined;
  useKey("l", () => parts.includes("lead") && view.change({ lead: other }));
  useKey("v", () => {
    const next = { period: "year", year: "none", none: undefined }[compared] as "year" | "none" | undefined;
    if (parts.includes("compare")) view.change({ vs: next });
  });
  return (
    <>
      <PeriodPicker view={view} zone={tenant.time_zone} />
      {parts.includes("compare") ? (
        <Choose
          label={t("compare.label")}
          isLabelHidden
          value={compared}
          options={choices}
          onChange={(key) => view.change({ vs: key === "period" ? undefined : key })}
        />
      ) : null}
      {parts.includes("platform") ? <PlatformChoice view={view} /> : null}
      {parts.includes("lead") ? (
        <Segments
          label={t("lead.label")}
          value={view.lead}
          onChange={(lead) => view.change({ lead: lead === "tracked" ? undefined : lead })}
          choices={(["tracked", "reported"] as const).map((source) => ({
            key: source,
            label: (
              <>
                <SourceMark source={source} /> {t(`source.${source}`)}
              </>
            ),
          }))}
        />
      ) : null}
    </>
  );
}

function PlatformChoice({ view }: { view: View }) {
  const t = useTexts();
  const options = [
    { key: "all" as const, label: t("platform.all") },
    ...PLATFORMS.map((key) => ({ key, label: t(`platform.${key}`) })),
  ];
  return (
    <Choose<Platform | "all">
      label={t("platform.label")}
      isLabelHidden
      value={view.platform ?? "all"}
      options={options}
      onChange={(key) => view.change({ platform: key === "all" ? undefined : key })}
    />
  );
}
