import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { PLATFORMS, type Platform } from "../api/platforms";
import { adAccounts } from "../api/queries";
import { useMay, useMe } from "../app/me";
import type { View } from "../app/search";
import { useKey } from "../app/shortcuts";
import { useTexts } from "../app/texts";
import { SourceMark } from "../charts/marks";
import { ChooseMany } from "./choose-many";
import { CompareChoice } from "./compare-choice";
import { Choose } from "./field";
import { PeriodPicker } from "./period-picker";
import { Segments } from "./segments";

type Part = "compare" | "platform" | "platforms" | "accounts" | "lead";

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
  const other = view.lead === "tracked" ? "reported" : undefined;
  useKey("l", () => parts.includes("lead") && view.change({ lead: other }));
  return (
    <>
      <PeriodPicker view={view} zone={tenant.time_zone} />
      {parts.includes("compare") ? <CompareChoice view={view} /> : null}
      {parts.includes("platform") ? <PlatformChoice view={view} /> : null}
      {parts.includes("platforms") ? <PlatformChoices view={view} /> : null}
      {parts.includes("accounts") ? <AccountChoices view={view} /> : null}
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

function PlatformChoices({ view }: { view: View }) {
  const t = useTexts();
  return (
    <ChooseMany
      label={t("platform.label")}
      all={t("platform.all")}
      values={view.platforms}
      options={PLATFORMS.map((key) => ({ key, label: t(`platform.${key}`) }))}
      onChange={(keys) => view.change({ platform: keys.join(",") || undefined })}
    />
  );
}

/** Which ad accounts, where there are several and one may know them. */
function AccountChoices({ view }: { view: View }) {
  const t = useTexts();
  const known = useQuery({ ...adAccounts(), enabled: useMay("integrations.read") });
  const options = (known.data ?? []).map(({ account_id, name }) => ({
    key: account_id,
    label: name ?? account_id,
  }));
  if (options.length < 2 && view.accounts.length === 0) return null;
  return (
    <ChooseMany
      label={t("account.label")}
      all={t("account.all")}
      values={view.accounts}
      options={options}
      onChange={(keys) => view.change({ account: keys.join(",") || undefined })}
    />
  );
}
