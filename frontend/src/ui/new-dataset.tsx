import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, type Schemas } from "../api/client";
import { PLATFORMS, type Platform } from "../api/platforms";
import { datasets, tracking } from "../api/setup";
import { useTexts } from "../app/texts";
import { Choose } from "./field";
import { Form } from "./form";
import { Field } from "./text-field";
import { tell } from "./toast";

/** Makes a dataset, named by the platform's own id, or by one of the shop's where there is no platform. */
export function NewDataset({ onDone }: { onDone: (made: Schemas["DatasetItem"]) => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const [chosen, setChosen] = useState<Platform | "none">("meta");
  const platform = chosen === "none" ? null : chosen;
  const [external_id, setId] = useState("");
  const [name, setName] = useState("");
  const [eventName, setEventName] = useState("");
  const send = async () => {
    const event_name = platform === "linkedin" ? eventName || null : null;
    const body = { platform, external_id, name: name || null, event_name };
    const made = await dataOf(api.POST("/api/v1/datasets", { body }));
    await Promise.all([
      client.invalidateQueries({ queryKey: tracking().queryKey }),
      client.invalidateQueries({ queryKey: datasets().queryKey }),
    ]);
    tell(t("datasets.made", { name: made.name }));
    onDone(made);
  };
  return (
    <Form action={t("datasets.create")} send={send}>
      <Choose
        label={t("platform.label")}
        value={chosen}
        options={[...PLATFORMS, "none" as const].map((key) => ({ key, label: t(`platform.${key}`) }))}
        onChange={setChosen}
      />
      <Field
        name="external_id"
        label={t("datasets.id")}
        help={t(platform ? "datasets.idHelp" : "datasets.ownIdHelp")}
        value={external_id}
        onChange={setId}
        isRequired
        ltr
      />
      <Field name="name" label={t("datasets.name")} value={name} onChange={setName} />
      {platform === "linkedin" ? (
        <Field
          name="event_name"
          label={t("datasets.eventName")}
          help={t("datasets.eventNameHelp")}
          value={eventName}
          onChange={setEventName}
          ltr
        />
      ) : null}
    </Form>
  );
}
