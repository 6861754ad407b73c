import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../../api/client";
import { me as whoAmI } from "../../api/queries";
import { choose, type Theme, useLook } from "../../app/look";
import { useMe } from "../../app/me";
import { useFormat, useTexts } from "../../app/texts";
import { Form } from "../../ui/form";
import { Badge, Panel } from "../../ui/panel";
import { Segments } from "../../ui/segments";
import { Field } from "../../ui/text-field";
import { Toggle } from "../../ui/tick";
import { tell } from "../../ui/toast";
import { Security } from "./security";

const THEMES: Theme[] = ["system", "light", "dark"];

/** Who I am here, and how this browser shows things to me. */
export function Me() {
  const t = useTexts();
  const format = useFormat();
  const me = useMe();
  const look = useLook();
  const facts = [
    [t("field.email"), me.email],
    [t("field.tenantName"), me.tenant.name],
    [t("settings.role"), t(`role.${me.role}`)],
    [t("settings.lastLogin"), format.instant(me.last_login_at)],
  ] as const;
  return (
    <div className="flex flex-col gap-4">
      <Panel title={t("settings.me")}>
        <dl className="grid gap-x-6 gap-y-2 text-control sm:grid-cols-[160px_1fr]">
          {facts.map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-ink-3">{name}</dt>
              <dd>
                <bdi>{value}</bdi>
              </dd>
            </div>
          ))}
          <dt className="text-ink-3">{t("settings.rights")}</dt>
          <dd className="flex flex-wrap gap-1">
            {me.permissions.map((one) => (
              <Badge key={one}>{t(`right.${one}` as never)}</Badge>
            ))}
          </dd>
        </dl>
      </Panel>
      <Panel title={t("settings.name")} note={t("settings.nameNote")}>
        <Name />
      </Panel>
      <Panel title={t("settings.look")} note={t("settings.lookNote")}>
        <div className="flex flex-col items-start gap-4">
          <Segments
            label={t("settings.language")}
            value={look.language}
            onChange={(language) => choose({ language })}
            choices={[
              { key: "en", label: "English" },
              { key: "ar", label: "العربية" },
            ]}
          />
          <Segments
            label={t("settings.theme")}
            value={look.theme}
            onChange={(theme) => choose({ theme })}
            choices={THEMES.map((key) => ({ key, label: t(`theme.${key}`) }))}
          />
          {look.language === "ar" ? (
            <Toggle isSelected={look.arabicDigits} onChange={(arabicDigits) => choose({ arabicDigits })}>
              {t("settings.digits")}
            </Toggle>
          ) : null}
          <Toggle isSelected={look.shortcuts} onChange={(shortcuts) => choose({ shortcuts })}>
            {t("settings.shortcuts")}
          </Toggle>
        </div>
      </Panel>
      <Security />
    </div>
  );
}

/** The name others see, and the language letters are written in: that of the page as it is saved. */
function Name() {
  const t = useTexts();
  const me = useMe();
  const { language } = useLook();
  const client = useQueryClient();
  const [name, setName] = useState(me.full_name);
  const send = async () => {
    await dataOf(api.PATCH("/api/v1/auth/me", { body: { full_name: name, locale: language } }));
    await client.invalidateQueries({ queryKey: whoAmI().queryKey });
    tell(t("settings.saved"));
  };
  return (
    <Form action={t("action.save")} send={send}>
      <Field
        name="full_name"
        label={t("field.fullName")}
        value={name}
        onChange={setName}
        autoComplete="name"
        isRequired
      />
    </Form>
  );
}
