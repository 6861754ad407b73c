import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMay } from "../../app/me";
import { useTexts } from "../../app/texts";
import { PageTabs } from "../../ui/tabs";
import { PageHead } from "../../ui/toolbar";
import { Accounts } from "./accounts";
import { Connectors } from "./connectors";
import { FileImport } from "./file-import";

type TabName = "connectors" | "file" | "accounts";

/** How ad reports come in: by connectors, or as files. */
export function ReportsPage() {
  const t = useTexts();
  const navigate = useNavigate();
  const mayImport = useMay("campaigns.write");
  const { tab = "connectors" } = useSearch({ strict: false }) as { tab?: TabName };
  const tabs = [
    { key: "connectors" as const, label: t("reports.connectors"), content: () => <Connectors /> },
    ...(mayImport ? [{ key: "file" as const, label: t("reports.file"), content: () => <FileImport /> }] : []),
    { key: "accounts" as const, label: t("reports.accounts"), content: () => <Accounts /> },
  ];
  return (
    <>
      <PageHead title={t("nav.reports")} />
      <PageTabs
        label={t("nav.reports")}
        value={tab}
        tabs={tabs}
        onChange={(next) =>
          void navigate({
            to: ".",
            search: ((old: object) => ({ ...old, tab: next === "connectors" ? undefined : next })) as never,
          })
        }
      />
    </>
  );
}
