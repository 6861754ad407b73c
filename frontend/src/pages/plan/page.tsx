import { useNavigate, useSearch } from "@tanstack/react-router";
import { type Permission, useMe } from "../../app/me";
import { useView, type View } from "../../app/search";
import { type TextId, useTexts } from "../../app/texts";
import { PageTabs } from "../../ui/tabs";
import { PageHead } from "../../ui/toolbar";
import { Budget } from "./budget";
import { Forecasts } from "./forecasts";
import { SavedPlans } from "./saved-plans";
import { WhatIf } from "./what-if";

type TabName = "forecast" | "budget" | "whatif" | "saved";

const TABS: [TabName, TextId, Permission][] = [
  ["forecast", "plan.forecast", "predictions.read"],
  ["budget", "plan.budget", "predictions.run"],
  ["whatif", "plan.whatIf", "predictions.run"],
  ["saved", "plan.saved", "predictions.read"],
];

/** Where does the next unit of money earn most, and how sure is that? */
export function PlanPage() {
  const t = useTexts();
  const view = useView();
  const navigate = useNavigate();
  const { permissions } = useMe();
  const { tab = "forecast" } = useSearch({ strict: false }) as { tab?: TabName };
  const tabs = TABS.filter(([, , right]) => permissions.includes(right));
  const choose = (next: TabName) =>
    void navigate({
      to: ".",
      search: ((old: object) => ({ ...old, tab: next === "forecast" ? undefined : next })) as never,
    });
  return (
    <>
      <PageHead title={t("nav.plan")} />
      <PageTabs
        label={t("nav.plan")}
        value={tab}
        onChange={choose}
        tabs={tabs.map(([key, label]) => ({
          key,
          label: t(label),
          content: () => <Part name={key} view={view} />,
        }))}
      />
    </>
  );
}

function Part({ name, view }: { name: TabName; view: View }) {
  if (name === "saved") return <SavedPlans />;
  if (name === "budget") return <Budget view={view} />;
  return name === "whatif" ? <WhatIf view={view} /> : <Forecasts view={view} />;
}
