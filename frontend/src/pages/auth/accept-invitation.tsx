import { useState } from "react";
import { answer, api } from "../../api/client";
import { useTexts } from "../../app/texts";
import { Note } from "../../ui/panel";
import { Field, PasswordField } from "../../ui/text-field";
import { BackToSignIn, PasswordRules, SendForm, Sheet, useFragmentToken } from "./parts";

export function AcceptInvitationPage() {
  const t = useTexts();
  const token = useFragmentToken();
  const [password, setPassword] = useState("");
  const [email, setEmail] = useState<string | null>(null);
  const send = async ({ full_name = "" }: Record<string, string>) => {
    const body = { token: token ?? "", full_name, password };
    const { data } = await answer(api.POST("/api/v1/auth/accept-invitation", { body }));
    setEmail(data.email);
  };
  return (
    <Sheet title={t("invitation.title")} lead={email ? undefined : t("invitation.lead")}>
      {email ? <Note kind="good">{t("invitation.done", { email })}</Note> : null}
      {!token ? <Note kind="warn">{t("entrance.noToken")}</Note> : null}
      {token && !email ? (
        <SendForm action={t("invitation.action")} send={send}>
          <Field name="full_name" label={t("field.fullName")} autoComplete="name" isRequired autoFocus />
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
      ) : null}
      <BackToSignIn />
    </Sheet>
  );
}
