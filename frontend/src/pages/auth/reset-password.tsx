import { useState } from "react";
import { answer, api } from "../../api/client";
import { useTexts } from "../../app/texts";
import { Note } from "../../ui/panel";
import { PasswordField } from "../../ui/text-field";
import { BackToSignIn, PasswordRules, SendForm, Sheet, useFragmentToken } from "./parts";

export function ResetPasswordPage() {
  const t = useTexts();
  const token = useFragmentToken();
  const [password, setPassword] = useState("");
  const [isDone, setDone] = useState(false);
  const send = async () => {
    await answer(
      api.POST("/api/v1/auth/reset-password", { body: { token: token ?? "", new_password: password } }),
    );
    setDone(true);
  };
  return (
    <Sheet title={t("reset.title")}>
      {isDone ? <Note kind="good">{t("reset.done")}</Note> : null}
      {!token ? <Note kind="warn">{t("entrance.noToken")}</Note> : null}
      {token && !isDone ? (
        <SendForm action={t("reset.action")} send={send}>
          <PasswordField
            name="new_password"
            label={t("field.newPassword")}
            autoComplete="new-password"
            value={password}
            onChange={setPassword}
            help={<PasswordRules password={password} />}
            isRequired
            autoFocus
          />
        </SendForm>
      ) : null}
      <BackToSignIn />
    </Sheet>
  );
}
