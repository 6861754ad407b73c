import { useState } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { useTexts } from "../../app/texts";
import { Form } from "../../ui/form";
import { Field } from "../../ui/text-field";
import { tell } from "../../ui/toast";

type Concern = Schemas["ConcernItem"];

/** Why a concern can wait, and for how long. */
export default function Dismiss({
  concern,
  text,
  onDone,
}: {
  concern: Concern;
  text: string;
  onDone: () => Promise<void>;
}) {
  const t = useTexts();
  const [reason, setReason] = useState("");
  const [days, setDays] = useState("7");
  const send = async () => {
    const body = { concern: concern.concern, reason, days: Number(days) };
    await answer(api.POST("/api/v1/attention/dismissals", { body }));
    tell(t("concern.dismissed"));
    await onDone();
  };
  return (
    <Form action={t("concern.dismissAction")} send={send}>
      <p>{text}</p>
      <Field
        name="reason"
        label={t("concern.reason")}
        value={reason}
        onChange={setReason}
        isRequired
        autoFocus
      />
      <Field
        name="days"
        label={t("concern.days")}
        help={t("concern.daysHelp")}
        inputMode="numeric"
        value={days}
        onChange={setDays}
        ltr
      />
    </Form>
  );
}
