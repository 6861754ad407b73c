import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { type Destination, destinations } from "../../api/destinations";
import { useTexts } from "../../app/texts";
import { Choose } from "../../ui/field";
import { Form } from "../../ui/form";
import { Note } from "../../ui/panel";
import { Field } from "../../ui/text-field";
import { tell } from "../../ui/toast";
import { type Kind, kindOf } from "./kinds";

type Mode = Schemas["DeliveryMode"];

const MODES: Mode[] = ["shadow", "test", "live", "paused", "off"];

/** The modes that destinations of a kind have. */
export function modesOf(kind: Kind | undefined): Mode[] {
  return MODES.filter((mode) => mode !== "test" || kind?.tests !== "nowhere");
}

/** Whether events are really sent. */
export function needsToken(mode: Mode): boolean {
  return mode === "live" || mode === "test";
}

/** What is done with events from now on, told before it is done. */
export function ModeForm({ row, onDone }: { row: Destination; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const [mode, setMode] = useState<Mode>(row.mode);
  const [code, setCode] = useState(row.test_code ?? "");
  const kind = kindOf(row.platform);
  const isUnderCode = mode === "test" && kind?.tests === "under_code";
  const send = async () => {
    const params = { path: { id: row.id } };
    const body = isUnderCode ? { mode, test_code: code || null } : { mode };
    await answer(api.PATCH("/api/v1/destinations/{id}", { params, body }));
    await Promise.all([
      client.invalidateQueries({ queryKey: destinations().queryKey }),
      client.invalidateQueries({ queryKey: ["delivery", row.id] }),
    ]);
    tell(t("delivery.modeIs", { name: row.name, mode: t(`deliveryMode.${mode}`) }));
    onDone();
  };
  return (
    <Form
      action={t("delivery.setMode")}
      send={send}
      onCancel={onDone}
      isDanger={mode === "off"}
      isDisabled={mode === row.mode}
    >
      <Choose
        name="mode"
        label={t("delivery.mode")}
        value={mode}
        options={modesOf(kind).map((key) => ({ key, label: t(`deliveryMode.${key}`) }))}
        onChange={setMode}
      />
      <Note kind={mode === "off" ? "warn" : "info"}>{t(`deliveryModeHelp.${mode}`)}</Note>
      {isUnderCode ? (
        <Field
          name="test_code"
          label={t("delivery.testCode")}
          help={t("delivery.testCodeHelp")}
          value={code}
          onChange={setCode}
          isRequired
          ltr
        />
      ) : null}
    </Form>
  );
}
