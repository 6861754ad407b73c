import { useState } from "react";
import { raw } from "../../api/send";
import { useTexts } from "../../app/texts";
import { Note } from "../../ui/panel";
import { PasswordField } from "../../ui/text-field";
import { BackToSignIn, SendForm, Sheet, useFragmentToken } from "./parts";

/** The link of a letter: the account is made for who knows the password of the registration. */
export function ConfirmRegistrationPage() {
  const t = useTexts();
  const token = useFragmentToken();
  const [isDone, setDone] = useState(false);
  const send = async ({ password = "" }: Record<string, string>) => {
    await raw("/api/v1/auth/confirm", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token, password }),
    });
    setDone(true);
  };
  return (
    <Sheet title={t("confirm.title")} lead={isDone ? undefined : t("confirm.lead")}>
      {isDone ? <Note kind="good">{t("confirm.done")}</Note> : null}
      {token ? null : <Note kind="warn">{t("entrance.noToken")}</Note>}
      {token && !isDone ? (
        <SendForm action={t("confirm.action")} send={send}>
          <PasswordField
            name="password"
            label={t("field.password")}
            autoComplete="current-password"
            isRequired
            autoFocus
          />
        </SendForm>
      ) : null}
      <BackToSignIn />
    </Sheet>
  );
}
