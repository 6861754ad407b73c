import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, type Schemas } from "../../api/client";
import { type Destination, destinations } from "../../api/destinations";
import { datasets } from "../../api/setup";
import { useTexts } from "../../app/texts";
import { ButtonLink } from "../../ui/button";
import { Choose } from "../../ui/field";
import { Form } from "../../ui/form";
import { Asked, Note } from "../../ui/panel";
import { Field, PasswordField } from "../../ui/text-field";
import { tell } from "../../ui/toast";
import { kindOf } from "./kinds";
import { modesOf, needsToken } from "./mode";

type Policy = Schemas["ConsentPolicy"];
type Dataset = Schemas["DatasetItem"];

const POLICIES: Policy[] = ["as_sent", "unrestricted_only"];

interface FormProps {
  onDone: (row: Destination) => void;
  onCancel: () => void;
}

/** Makes a destination of one of the datasets that have a platform to send to. */
export function DestinationForm({ row, ...props }: FormProps & { row?: Destination }) {
  const t = useTexts();
  const query = useQuery(datasets());
  return (
    <Asked query={query}>
      {(all) => {
        const fit = all.filter(({ platform, archived_at }) => kindOf(platform) && !archived_at);
        if (row || fit.length > 0) return <Fields row={row} all={fit} {...props} />;
        return (
          <Note>
            <p className="mb-2">{t("delivery.noDataset")}</p>
            <ButtonLink to="/events" search={{ tab: "datasets" } as never}>
              {t("events.datasets")}
            </ButtonLink>
          </Note>
        );
      }}
    </Asked>
  );
}

/** Credentials are never shown again; an empty one stays as it was. */
function Fields({ row, all, onDone, onCancel }: FormProps & { row?: Destination; all: Dataset[] }) {
  const t = useTexts();
  const client = useQueryClient();
  const [dataset, setDataset] = useState(row?.dataset_id ?? all[0]?.id ?? "");
  const [name, setName] = useState(row?.name ?? "");
  const [remote, setRemote] = useState(row?.remote_id ?? "");
  const [mode, setMode] = useState<Schemas["DeliveryMode"]>(row?.mode ?? "shadow");
  const [consent, setConsent] = useState<Policy>(row?.consent ?? "as_sent");
  const [events, setEvents] = useState((row?.event_names ?? []).join(", "));
  const [code, setCode] = useState(row?.test_code ?? "");
  const [secret, setSecret] = useState("");
  const platform = row?.platform ?? all.find(({ id }) => id === dataset)?.platform ?? "meta";
  const kind = kindOf(platform);
  const isSet = kind !== undefined && row?.credentials_set.includes(kind.credential);
  const send = async () => {
    const names = events
      .split(",")
      .map((one) => one.trim())
      .filter(Boolean);
    const shared = {
      consent,
      ...(kind && secret ? { credentials: { [kind.credential]: secret } } : {}),
      ...(name ? { name } : {}),
      ...(remote ? { remote_id: remote } : {}),
    };
    const change = { ...shared, event_names: names.length > 0 ? names : null, test_code: code || null };
    const params = { path: { id: row?.id ?? "" } };
    const saved = row
      ? await dataOf(api.PATCH("/api/v1/destinations/{id}", { params, body: change }))
      : await dataOf(api.POST("/api/v1/destinations", { body: { ...change, mode, dataset_id: dataset } }));
    await client.invalidateQueries({ queryKey: destinations().queryKey });
    tell(t("delivery.saved", { name: saved.name }));
    onDone(saved);
  };
  return (
    <Form action={t(row ? "action.save" : "delivery.create")} send={send} onCancel={onCancel}>
      {row ? null : (
        <>
          <Choose
            name="dataset_id"
            label={t("delivery.dataset")}
            value={dataset}
            options={all.map((one) => ({
              key: one.id,
              label: `${one.name} · ${t(`platform.${one.platform ?? "none"}`)} ${one.external_id}`,
            }))}
            onChange={setDataset}
          />
          <Choose
            name="mode"
            label={t("delivery.mode")}
            value={mode}
            options={modesOf(kind).map((key) => ({ key, label: t(`deliveryMode.${key}`) }))}
            onChange={setMode}
          />
          <p className="-mt-2 text-note text-ink-3">{t(`deliveryModeHelp.${mode}`)}</p>
        </>
      )}
      <Field
        name="name"
        label={t("delivery.name")}
        value={name}
        onChange={setName}
        isRequired={Boolean(row)}
      />
      <Field
        name="remote_id"
        label={t("delivery.remote")}
        help={row ? undefined : t("delivery.remoteHelp")}
        value={remote}
        onChange={setRemote}
        isRequired={Boolean(row)}
        ltr
      />
      {kind ? (
        <PasswordField
          name="credentials"
          label={kind.credential}
          help={t(isSet ? "connectors.isSet" : `deliveryToken.${platform}`)}
          autoComplete="off"
          value={secret}
          onChange={setSecret}
          isRequired={!isSet && needsToken(mode)}
        />
      ) : null}
      {kind?.tests === "under_code" ? (
        <Field
          name="test_code"
          label={t("delivery.testCode")}
          help={t("delivery.testCodeHelp")}
          value={code}
          onChange={setCode}
          isRequired={mode === "test"}
          ltr
        />
      ) : null}
      <Field
        name="event_names"
        label={t("delivery.events")}
        help={t("delivery.eventsHelp")}
        value={events}
        onChange={setEvents}
        ltr
      />
      <Choose
        name="consent"
        label={t("delivery.consent")}
        value={consent}
        options={POLICIES.map((key) => ({ key, label: t(`consentPolicy.${key}`) }))}
        onChange={setConsent}
      />
      <p className="-mt-2 text-note text-ink-3">{t(`consentPolicyHelp.${consent}`)}</p>
    </Form>
  );
}
