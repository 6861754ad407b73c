import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, type Schemas } from "../../api/client";
import { apiKeys } from "../../api/setup";
import { useTexts } from "../../app/texts";
import { Button } from "../../ui/button";
import { ErrorNote, Note } from "../../ui/panel";
import { Code } from "../../ui/secret";
import { Segments } from "../../ui/segments";
import { useAct } from "../../ui/use-act";
import { LANGUAGES, type Language } from "./snippets/door";
import { doorOf } from "./snippets/doors";

const NAMES: Record<Language, string> = { curl: "curl", python: "Python", node: "Node.js", php: "PHP" };

/** Makes a key for the dataset and shows it once, inside snippets that are ready to paste. */
export function KeyStep({
  dataset,
  secret,
  onSecret,
}: {
  dataset: Schemas["DatasetItem"];
  secret: string | null;
  onSecret: (secret: string) => void;
}) {
  const t = useTexts();
  const client = useQueryClient();
  const [language, setLanguage] = useState<Language>("curl");
  const { act, error } = useAct();
  const make = async () => {
    const body = {
      name: t("start.keyName", { dataset: dataset.external_id }),
      scope: "ingest" as const,
      dataset_id: dataset.external_id,
      platform: dataset.platform,
    };
    onSecret((await dataOf(api.POST("/api/v1/api-keys", { body }))).key);
    await client.invalidateQueries({ queryKey: apiKeys().queryKey });
  };
  const place = { origin: location.origin, dataset: dataset.external_id, key: secret ?? t("start.yourKey") };
  const snippets = doorOf(dataset)?.snippets;
  const languages = LANGUAGES.filter((one) => snippets?.[one]);
  const shown = languages.includes(language) ? language : (languages[0] ?? "curl");
  return (
    <div className="flex flex-col gap-3">
      {secret ? (
        <Note kind="warn">{t("keys.once")}</Note>
      ) : (
        <p className="text-control text-ink-2">{t("start.keyHelp")}</p>
      )}
      {secret ? null : (
        <div>
          <Button kind="primary" onPress={() => act(make)}>
            {t("keys.create")}
          </Button>
        </div>
      )}
      {error ? <ErrorNote error={error} /> : null}
      {snippets ? (
        <>
          <Segments
            label={t("start.language")}
            value={shown}
            onChange={setLanguage}
            choices={languages.map((key) => ({ key, label: NAMES[key] }))}
          />
          <Code text={snippets[shown]?.(place) ?? ""} label={NAMES[shown]} />
        </>
      ) : (
        <Note>{t("start.otherPlatform")}</Note>
      )}
    </div>
  );
}
