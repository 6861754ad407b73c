import { useState } from "react";
import { answer, api } from "../../api/client";
import { useTexts } from "../../app/texts";
import { Note } from "../../ui/panel";
import { Field } from "../../ui/text-field";
import { BackToSignIn, SendForm, Sheet } from "./parts";

export function ForgotPasswordPage() {
  const t = useTexts();
  const [isSent, setSent] = useState(false);
  const send = async ({ email = "" }: Record<string, string>) => {
    await answer(api.POST("/api/v1/auth/forgot-password", { body: { email } }));
    setSent(true);
  };
  return (
    <Sheet title={t("forgot.title")} lead={isSent ? undefined : t("forgot.lead")}>
      {isSent ? (
        <Note kind="good">{t("forgot.sent")}</Note>
      ) : (
        <SendForm action={t("forgot.action")} send={send}>
          <Field
            name="email"
            type="email"
            label={t("field.email")}
            autoComplete="username"
            isRequired
            autoFocus
            ltr
          />
        </SendForm>
      )}
      <BackToSignIn />
    </Sheet>
  );
}
