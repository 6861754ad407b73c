import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, type Schemas } from "../../api/client";
import { connectors } from "../../api/queries";
import { useTexts } from "../../app/texts";
import { Choose, Toggle } from "../../ui/field";
import { Form } from "../../ui/form";
import { Field, PasswordField } from "../../ui/text-field";
import { tell } from "../../ui/toast";

type Pulled = "meta" | "google" | "tiktok" | "snapchat";
type Schedule = Schemas["Schedule"];

/** What each platform asks for, by the names the API takes; an asked one may be left out where it is optional. */
const CREDENTIALS: Record<Pulled, { name: string; isOptional?: boolean }[]> = {
  meta: [{ name: "access_token" }],
  google: [
    { name: "developer_token" },
    { name: "client_id" },
    { name: "client_secret" },
    { name: "refresh_token" },
    { name: "login_customer_id", isOptional: true },
  ],
  tiktok: [{ name: "access_token" }],
  snapchat: [{ name: "client_id" }, { name: "client_secret" }, { name: "refresh_token" }],
};

const SCHEDULES: Schedule[] = ["daily", "every_6_hours", "hourly", "manual"];

/** Makes a connector, or changes one. Credentials are never shown again; an empty one stays as it was. */
export function ConnectorForm({ row, onDone }: { row?: Schemas["ConnectorItem"]; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
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
          options={(Object.keys(CREDENTIALS) as Pulled[]).map((key) => ({
            key,
            label: t(`platform.${key}`),
          }))}
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
      {CREDENTIALS[platform].map((one) => {
        const isSet = row?.credentials_set.includes(one.name);
        return (
          <PasswordField
            key={one.name}
            name={`credentials.${one.name}`}
            label={one.name}
            help={isSet ? t("connectors.isSet") : one.isOptional ? t("connectors.optional") : undefined}
            autoComplete="off"
            value={secrets[one.name] ?? ""}
            onChange={(value) => setSecrets((old) => ({ ...old, [one.name]: value }))}
            isRequired={!row && !one.isOptional}
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
