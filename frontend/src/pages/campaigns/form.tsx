import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, type Schemas } from "../../api/client";
import { PLATFORMS, type Platform } from "../../api/platforms";
import { useMe } from "../../app/me";
import { useTexts } from "../../app/texts";
import { Amount } from "../../ui/amount";
import { Choose } from "../../ui/field";
import { Form } from "../../ui/form";
import { Note } from "../../ui/panel";
import { Field } from "../../ui/text-field";
import { tell } from "../../ui/toast";

type Campaign = Schemas["CampaignItem"];
type Status = Schemas["CampaignStatus"];

const STATUSES: Status[] = ["draft", "active", "paused", "completed", "archived"];

/** Makes a campaign's record, or changes one. The platform is not told. */
export function CampaignForm({ row, onDone }: { row?: Campaign; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const { tenant } = useMe();
  const [name, setName] = useState(row?.name ?? "");
  const [platform, setPlatform] = useState<Platform>((row?.platform as Platform) ?? "meta");
  const [external, setExternal] = useState("");
  const [status, setStatus] = useState<Status>(row?.status ?? "draft");
  const [daily, setDaily] = useState<number | null>(row?.daily_budget ?? null);
  const [labels, setLabels] = useState((row?.labels ?? []).join(", "));
  const send = async () => {
    const own = {
      name,
      status,
      daily_budget: daily,
      labels: labels
        .split(",")
        .map((label) => label.trim())
        .filter(Boolean),
    };
    if (row)
      await dataOf(api.PATCH("/api/v1/campaigns/{id}", { params: { path: { id: row.id } }, body: own }));
    else
      await dataOf(
        api.POST("/api/v1/campaigns", { body: { ...own, platform, external_id: external || null } }),
      );
    await Promise.all([
      client.invalidateQueries({ queryKey: ["campaigns"] }),
      client.invalidateQueries({ queryKey: ["campaign"] }),
    ]);
    tell(t("campaigns.saved", { name }));
    onDone();
  };
  return (
    <Form action={t(row ? "action.save" : "campaigns.create")} send={send} onCancel={onDone}>
      <Note>{t("campaigns.ownRecord")}</Note>
      <Field name="name" label={t("field.name")} value={name} onChange={setName} isRequired autoFocus />
      {row ? null : (
        <>
          <Choose
            label={t("platform.label")}
            value={platform}
            options={PLATFORMS.map((key) => ({ key, label: t(`platform.${key}`) }))}
            onChange={setPlatform}
          />
          <Field
            name="external_id"
            label={t("campaigns.external")}
            help={t("campaigns.externalHelp")}
            value={external}
            onChange={setExternal}
            ltr
          />
        </>
      )}
      <Choose
        label={t("campaigns.status")}
        value={status}
        options={STATUSES.map((key) => ({ key, label: t(`status.${key}`) }))}
        onChange={setStatus}
      />
      {status === "archived" && row?.status !== "archived" ? (
        <Note kind="warn">{t("campaigns.final")}</Note>
      ) : null}
      <Amount
        name="daily_budget"
        label={t("campaigns.planned")}
        value={daily}
        onChange={setDaily}
        currency={row?.currency ?? tenant.reporting_currency}
        min={0}
      />
      <Field
        name="labels"
        label={t("campaigns.labels")}
        help={t("campaigns.labelsHelp")}
        value={labels}
        onChange={setLabels}
      />
    </Form>
  );
}
