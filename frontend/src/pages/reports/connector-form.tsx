import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, type Schemas } from "../../api/client";
import { connectorKinds, connectors } from "../../api/setup";
import { useTexts } from "../../app/texts";
import { Choose } from "../../ui/field";
import { Form } from "../../ui/form";
import { ErrorNote } from "../../ui/panel";
import { Field, PasswordField } from "../../ui/text-field";
import { Toggle } from "../../ui/tick";
import { tell } from "../../ui/toast";

type Pulled = "meta" | "google" | "tiktok" | "snapchat";
type Schedule = Schemas["Schedule"];

const SCHEDULES: Schedule[] = ["daily", "every_6_hours", "hourly", "manual"];

/** Makes a connector, or changes one. Credentials are never shown again; an empty one stays as it was. */
export function ConnectorForm({ row, onDone }: { row?: Schemas["ConnectorItem"]; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const kinds = useQuery(connectorKinds());
  const [platform, setPlatform] = useState<Pulled>((row?.platform as Pulled) ?? "meta");
  const [name, setName] = useState(row?.name ?? "");
  const [accounts, setAccounts] = useState((row?.account_ids ?? []).join(", "));
  const [schedule, setSchedule] = useState<Schedule>(row?.schedule ?? "daily");
  const [isEnabled, setEnabled] = useState(row?.enabled ?? true);
  const [secrets, setSecrets] = useState<Record<string, string>>({});
  const send = async () => {
    const credentials = Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== ""));
    const shared = {
      account_ids: accounts
        .split(",")
        .map((id) => id.trim())
        .filter(Boolean),
      credentials,
      schedule,
      enabled: isEnabled,
      ...(name ? { name } : {}),
    };
    const made = row
      ? await dataOf(api.PATCH("/api/v1/connectors/{id}", { params: { path: { id: row.id } }, body: shared }))
      : await dataOf(api.POST("/api/v1/connectors", { body: { ...shared, platform } }));
    await client.invalidateQueries({ queryKey: connectors().queryKey });
    tell(t("connectors.saved", { name: made.name }));
    onDone();
  };
  return (
    <Form action={t(row ? "action.save" : "connectors.create")} send={send} onCancel={onDone}>
      {row ? null : (
        <Choose
          label={t("platform.label")}
          value={platform}
          options={(kinds.data ?? [])
            .filter((kind) => kind.is_pulled)
            .map((kind) => ({ key: kind.platform as Pulled, label: t(`platform.${kind.platform}`) }))}
          onChange={setPlatform}
        />
      )}
      <Field name="name" label={t("connectors.name")} value={name} onChange={setName} />
      <Field
        name="account_ids"
        label={t("connectors.accounts")}
        help={t("connectors.accountsHelp")}
        value={accounts}
        onChange={setAccounts}
        ltr
      />
      <p className="text-note text-ink-3">{t(`credentials.${platform}`)}</p>
      {kinds.error ? <ErrorNote error={kinds.error} onAgain={() => void kinds.refetch()} /> : null}
      {(kinds.data?.find((kind) => kind.platform === platform)?.credentials ?? []).map((one) => {
        const isSet = row?.credentials_set.includes(one.name);
        return (
          <PasswordField
            key={one.name}
            name={`credentials.${one.name}`}
            label={one.name}
            help={isSet ? t("connectors.isSet") : one.required ? undefined : t("connectors.optional")}
            autoComplete="off"
            value={secrets[one.name] ?? ""}
            onChange={(value) => setSecrets((old) => ({ ...old, [one.name]: value }))}
            isRequired={!row && one.required}
          />
        );
      })}
      <Choose
        label={t("connectors.schedule")}
        value={schedule}
        options={SCHEDULES.map((key) => ({ key, label: t(`schedule.${key}`) }))}
        onChange={setSchedule}
      />
      <Toggle isSelected={isEnabled} onChange={setEnabled}>
        {t("connectors.enabled")}
      </Toggle>
    </Form>
  );
}
