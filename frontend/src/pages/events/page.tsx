import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMay } from "../../app/me";
import { useView, type View } from "../../app/search";
import { type TextId, useTexts } from "../../app/texts";
import { PageTabs } from "../../ui/tabs";
import { PageHead } from "../../ui/toolbar";
import { Arrivals } from "./arrivals";
import { Datasets } from "./datasets";
import { Keys } from "./keys";

type TabName = "arrivals" | "datasets" | "keys";

const NAMES: Record<TabName, TextId> = {
  arrivals: "events.arrivals",
  datasets: "events.datasets",
  keys: "events.keys",
};

/** Does it arrive, what is refused and why; where it arrives, and what opens the door. */
export function EventsPage() {
  const t = useTexts();
  const view = useView();
  const navigate = useNavigate();
  const maySee = useMay("integrations.read");
  const { tab = "arrivals" } = useSearch({ strict: false }) as { tab?: TabName };
  const tabs: TabName[] = maySee ? ["arrivals", "datasets", "keys"] : ["arrivals"];
  const choose = (next: TabName) =>
    void navigate({
      to: ".",
      search: ((old: object) => ({ ...old, tab: next === "arrivals" ? undefined : next })) as never,
    });
  return (
    <>
      <PageHead title={t("nav.events")} view={tab === "arrivals" ? view : undefined} parts={[]} />
      <PageTabs
        label={t("nav.events")}
        value={tab}
        onChange={choose}
        tabs={tabs.map((key) => ({
          key,
          label: t(NAMES[key]),
          content: () => <Part name={key} view={view} />,
        }))}
      />
    </>
  );
}

function Part({ name, view }: { name: TabName; view: View }) {
  if (name === "datasets") return <Datasets />;
  return name === "keys" ? <Keys /> : <Arrivals view={view} />;
}
