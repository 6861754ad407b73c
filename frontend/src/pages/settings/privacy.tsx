import { useState } from "react";
import { answer, api, dataOf, type Schemas } from "../../api/client";
import { useFormat, useTexts } from "../../app/texts";
import { save } from "../../charts/save";
import { Button } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Choose } from "../../ui/field";
import { Form } from "../../ui/form";
import { Note, Panel } from "../../ui/panel";
import { Field } from "../../ui/text-field";

type Kind = Schemas["Kind"];

const KINDS: Kind[] = ["email", "phone", "external_id"];

/** What is kept about a person, and its removal. Who is asked about stands in no address and no history. */
export function Privacy() {
  const t = useTexts();
  return (
    <div className="flex flex-col gap-4">
      <Panel title={t("privacy.export")} note={t("privacy.exportNote")}>
        <ExportPerson />
      </Panel>
      <Panel title={t("privacy.remove")} note={t("privacy.removeNote")}>
        <RemovePerson />
      </Panel>
    </div>
  );
}

function Who({
  type,
  identifier,
  onType,
  onIdentifier,
}: {
  type: Kind;
  identifier: string;
  onType: (type: Kind) => void;
  onIdentifier: (identifier: string) => void;
}) {
  const t = useTexts();
  return (
    <div className="flex flex-wrap gap-3">
      <Choose
        label={t("privacy.kind")}
        value={type}
        options={KINDS.map((key) => ({ key, label: t(`person.${key}`) }))}
        onChange={onType}
      />
      <Field
        name="identifier"
        label={t("privacy.who")}
        value={identifier}
        onChange={onIdentifier}
        autoComplete="off"
        className="min-w-64 flex-1"
        isRequired
        ltr
      />
    </div>
  );
}

const PAGE = 100;

/** Everything that is kept about a person, the events of every page together. */
async function wholeExport(body: Schemas["PersonRequest"]): Promise<Schemas["PersonExport"]> {
  const ask = (page: number) =>
    answer(api.POST("/api/v1/gdpr/export", { body, params: { query: { page, page_size: PAGE } } }));
  const { data, pagination } = await ask(1);
  const events = [...data.events];
  for (let page = 2; page <= (pagination?.total_pages ?? 1); page++) {
    events.push(...(await ask(page)).data.events);
  }
  return { ...data, events };
}

function ExportPerson() {
  const t = useTexts();
  const [type, setType] = useState<Kind>("email");
  const [identifier, setIdentifier] = useState("");
  const [found, setFound] = useState<Schemas["PersonExport"] | null>(null);
  const send = async () => setFound(await wholeExport({ identifier, type }));
  const take = () =>
    found && save(new Blob([JSON.stringify(found, null, 2)], { type: "application/json" }), "person.json");
  return (
    <Form action={t("privacy.look")} send={send}>
      <Who type={type} identifier={identifier} onType={setType} onIdentifier={setIdentifier} />
      {found ? (
        <>
          <Note>
            {t("privacy.found", { count: found.places.filter(({ count }) => count > 0).length })}{" "}
            <Button onPress={take}>JSON</Button>
          </Note>
          <Places places={found.places} />
        </>
      ) : null}
    </Form>
  );
}

function RemovePerson() {
  const t = useTexts();
  const [type, setType] = useState<Kind>("email");
  const [identifier, setIdentifier] = useState("");
  const [typed, setTyped] = useState("");
  const [done, setDone] = useState<Schemas["AnonymizationReport"] | null>(null);
  const word = t("privacy.word");
  const send = async () => {
    setDone(await dataOf(api.POST("/api/v1/gdpr/anonymize", { body: { identifier, type } })));
    setTyped("");
  };
  return (
    <Form action={t("privacy.remove")} send={async () => (typed === word ? send() : undefined)} isDanger>
      <Who type={type} identifier={identifier} onType={setType} onIdentifier={setIdentifier} />
      <Field
        label={t("privacy.confirm", { word })}
        value={typed}
        onChange={setTyped}
        validate={(value) => (value && value !== word ? t("privacy.confirm", { word }) : null)}
        autoComplete="off"
        isRequired
      />
      {done ? (
        <>
          <Note kind="good">{t("privacy.done")}</Note>
          <Places places={done.places} />
        </>
      ) : null}
    </Form>
  );
}

/** Every place where a person may be kept, how much there is or was, and how it is erased. */
function Places({ places }: { places: Schemas["PlaceItem"][] }) {
  const t = useTexts();
  const format = useFormat();
  return (
    <DataTable
      label={t("privacy.places")}
      rows={places}
      keyOf={({ place }) => place}
      columns={[
        { key: "place", label: t("privacy.place"), cell: ({ place }) => t(`place.${place}`) },
        {
          key: "count",
          label: t("privacy.count"),
          isEnd: true,
          cell: ({ count }) => <bdi>{format.number(count)}</bdi>,
        },
        { key: "holds", label: t("privacy.holds"), cell: ({ place }) => t(`place.${place}.holds`) },
        { key: "erasing", label: t("privacy.erasing"), cell: ({ place }) => t(`place.${place}.erasing`) },
      ]}
    />
  );
}
