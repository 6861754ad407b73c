import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { campaign } from "../../api/campaigns";
import { answer, api, type Schemas } from "../../api/client";
import { type Permission, useMe } from "../../app/me";
import { carried, useView, type View } from "../../app/search";
import { useKey } from "../../app/shortcuts";
import { type TextId, useTexts } from "../../app/texts";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Form } from "../../ui/form";
import { Asked, Badge } from "../../ui/panel";
import { PageTabs } from "../../ui/tabs";
import { tell } from "../../ui/toast";
import { PageHead } from "../../ui/toolbar";
import { Changes } from "./changes";
import { Creatives } from "./creatives";
import { Figures } from "./figures";
import { Forecast } from "./forecast";
import { CampaignForm } from "./form";
import { Parts } from "./parts";
import { Response } from "./response";

type TabName = "figures" | "forecast" | "response" | "parts" | "creatives" | "changes";

const TABS: [TabName, TextId, Permission][] = [
  ["figures", "campaign.figures", "analytics.read"],
  ["forecast", "campaign.forecast", "predictions.read"],
  ["response", "campaign.response", "predictions.run"],
  ["parts", "campaign.parts", "analytics.read"],
  ["creatives", "campaign.creatives", "campaigns.read"],
  ["changes", "campaign.changes", "campaigns.read"],
];

const PARTS: Record<TabName, (row: Schemas["CampaignItem"], view: View) => ReactNode> = {
  figures: (row, view) => <Figures row={row} view={view} />,
  forecast: (row) => <Forecast row={row} />,
  response: (row) => <Response row={row} />,
  parts: (row, view) => <Parts row={row} view={view} />,
  creatives: (row) => <Creatives row={row} />,
  changes: (row) => <Changes row={row} />,
};

/** One campaign: what it brought, what it will bring, what it is made of. */
export function CampaignPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery(campaign(id));
  const view = useView();
  const navigate = useNavigate();
  useKey(
    "Escape",
    () => void navigate({ to: "/campaigns", search: ((old: object) => carried(old as never)) as never }),
  );
  return (
    <Asked query={query} lines={10}>
      {(row) => <Detail row={row} view={view} />}
    </Asked>
  );
}

function Detail({ row, view }: { row: Schemas["CampaignItem"]; view: View }) {
  const t = useTexts();
  const navigate = useNavigate();
  const { permissions } = useMe();
  const { tab = "figures" } = useSearch({ strict: false }) as { tab?: TabName };
  const [isChanging, setChanging] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const tabs = TABS.filter(([, , right]) => permissions.includes(right));
  const choose = (next: TabName) =>
    void navigate({
      to: ".",
      search: ((old: object) => ({ ...old, tab: next === "figures" ? undefined : next })) as never,
    });
  return (
    <>
      <p className="mb-1 text-control">
        <Link to="/campaigns" search={(old: object) => carried(old as never) as never} className="row-link">
          {t("nav.campaigns")}
        </Link>
      </p>
      <PageHead title={row.name} view={view} parts={["lead"]}>
        {permissions.includes("campaigns.write") ? (
          <Button onPress={() => setChanging(true)}>{t("campaigns.change")}</Button>
        ) : null}
        {permissions.includes("campaigns.delete") ? (
          <Button kind="danger" onPress={() => setDeleting(true)}>
            {t("campaigns.delete")}
          </Button>
        ) : null}
      </PageHead>
      <p className="-mt-2 mb-3 flex flex-wrap items-center gap-2 text-control text-ink-2">
        <Badge kind={row.status === "active" ? "good" : "plain"}>{t(`status.${row.status}`)}</Badge>
        {t(`platform.${row.platform}` as never)} <bdi className="text-ink-3">{row.external_id}</bdi>
        {row.labels.map((label) => (
          <Badge key={label} kind="accent">
            <bdi>{label}</bdi>
          </Badge>
        ))}
      </p>
      <PageTabs
        label={row.name}
        value={tab}
        onChange={choose}
        tabs={tabs.map(([key, label]) => ({ key, label: t(label), content: () => PARTS[key](row, view) }))}
      />
      <Dialog title={t("campaigns.change")} isOpen={isChanging} onClose={() => setChanging(false)}>
        <CampaignForm row={row} onDone={() => setChanging(false)} />
      </Dialog>
      <Dialog title={t("campaigns.delete")} isOpen={isDeleting} onClose={() => setDeleting(false)}>
        <Delete row={row} onDone={() => setDeleting(false)} />
      </Dialog>
    </>
  );
}

function Delete({ row, onDone }: { row: Schemas["CampaignItem"]; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const send = async () => {
    await answer(api.DELETE("/api/v1/campaigns/{id}", { params: { path: { id: row.id } } }));
    tell(t("campaigns.deleted", { name: row.name }));
    onDone();
    await navigate({ to: "/campaigns", search: ((old: object) => carried(old as never)) as never });
    await client.invalidateQueries({ queryKey: ["campaigns"] });
  };
  return (
    <Form action={t("campaigns.delete")} send={send} onCancel={onDone} isDanger>
      <p>{t("campaigns.deleteHelp", { name: row.name })}</p>
    </Form>
  );
}
