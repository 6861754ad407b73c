import { useState } from "react";
import { answer, api } from "../../api/client";
import { askConfig } from "../../api/open";
import { type TextId, useTexts } from "../../app/texts";
import { useAnswer } from "../../app/use-answer";
import { Note } from "../../ui/panel";
import { Field, PasswordField } from "../../ui/text-field";
import { BackToSignIn, isRegistrationOpen, PasswordRules, SendForm, Sheet } from "./parts";

export function RegisterPage() {
  const t = useTexts();
  const { data: known } = useAnswer(askConfig);
  const [password, setPassword] = useState("");
  const [told, setTold] = useState<TextId | null>(null);
  const send = async ({ full_name = "", tenant_name = "", email = "" }: Record<string, string>) => {
    const body = { full_name, tenant_name, email, password };
    const { data } = await answer(api.POST("/api/v1/auth/register", { body }));
    setTold(data.confirm ? "register.confirm" : "register.ready");
  };
  if (told) {
    return (
      <Sheet title={t("register.done")}>
        <Note kind="good">{t(told)}</Note>
        <BackToSignIn />
      </Sheet>
    );
  }
  if (known && !isRegistrationOpen(known)) {
    return (
      <Sheet title={t("register.title")}>
        <Note kind="warn">{t("register.closed")}</Note>
        <BackToSignIn />
      </Sheet>
    );
  }
  return (
    <Sheet title={t("register.title")} lead={t("register.lead")}>
      <SendForm action={t("register.action")} send={send}>
        <Field name="full_name" label={t("field.fullName")} autoComplete="name" isRequired autoFocus />
        <Field name="tenant_name" label={t("field.tenantName")} autoComplete="organization" isRequired />
        <Field name="email" type="email" label={t("field.email")} autoComplete="username" isRequired ltr />
        <PasswordField
          name="password"
          label={t("field.password")}
          autoComplete="new-password"
          value={password}
          onChange={setPassword}
          help={<PasswordRules password={password} />}
          isRequired
        />
      </SendForm>
      <BackToSignIn />
    </Sheet>
  );
}
