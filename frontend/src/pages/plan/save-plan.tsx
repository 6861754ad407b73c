import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { savedPlans } from "../../api/planning";
import { useTexts } from "../../app/texts";
import { Form } from "../../ui/form";
import { Field } from "../../ui/text-field";
import { tell } from "../../ui/toast";

/** A name for the plan of a budget, which is made anew and saved. */
export function SavePlan({ budget, onDone }: { budget: Schemas["BudgetRequest"]; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const send = async () => {
    await answer(api.POST("/api/v1/plans", { body: { name, budget } }));
    await client.invalidateQueries({ queryKey: savedPlans().queryKey });
    tell(t("saved.done"));
    onDone();
  };
  return (
    <Form action={t("saved.save")} send={send} onCancel={onDone}>
      <p>{t("saved.saveHelp")}</p>
      <Field name="name" label={t("field.name")} value={name} onChange={setName} isRequired autoFocus />
    </Form>
  );
}
