import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, type Schemas } from "../api/client";
import { PLATFORMS, type Platform } from "../api/platforms";
import { datasets, tracking } from "../api/queries";
import { useTexts } from "../app/texts";
import { Choose } from "./field";
import { Form } from "./form";
import { Field } from "./text-field";
import { tell } from "./toast";

/** Makes a dataset, named by the platform's own id. */
export function NewDataset({ onDone }: { onDone: (made: Schemas["DatasetItem"]) => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const [platform, setPlatform] = useState<Platform>("meta");
  const [external_id, setId] = useState("");
  const [name, setName] = useState("");
  const send = async () => {
    const body = { platform, external_id, name: name || null };
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
        value={platform}
        options={PLATFORMS.map((key) => ({ key, label: t(`platform.${key}`) }))}
        onChange={setPlatform}
      />
      <Field
        name="external_id"
        label={t("datasets.id")}
        help={t("datasets.idHelp")}
        value={external_id}
        onChange={setId}
        isRequired
        ltr
      />
      <Field name="name" label={t("datasets.name")} value={name} onChange={setName} />
    </Form>
  );
}
