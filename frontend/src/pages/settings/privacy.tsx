import { useState } from "react";
import { api, dataOf, type Schemas } from "../../api/client";
import { useFormat, useTexts } from "../../app/texts";
import { save } from "../../charts/save";
import { Button } from "../../ui/button";
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

function ExportPerson() {
  const t = useTexts();
  const format = useFormat();
  const [type, setType] = useState<Kind>("email");
  const [identifier, setIdentifier] = useState("");
  const [found, setFound] = useState<Schemas["PersonExport"] | null>(null);
  const send = async () =>
    setFound(await dataOf(api.POST("/api/v1/gdpr/export", { body: { identifier, type } })));
  const take = () =>
    found && save(new Blob([JSON.stringify(found, null, 2)], { type: "application/json" }), "person.json");
  return (
    <Form action={t("privacy.look")} send={send}>
      <Who type={type} identifier={identifier} onType={setType} onIdentifier={setIdentifier} />
      {found ? (
        <Note>
          {t("privacy.found", {
            events: format.number(found.events.length),
            users: format.number(found.users.length),
            invitations: format.number(found.invitations.length),
          })}{" "}
          <Button onPress={take}>JSON</Button>
        </Note>
      ) : null}
    </Form>
  );
}

function RemovePerson() {
  const t = useTexts();
  const format = useFormat();
  const [type, setType] = useState<Kind>("email");
  const [identifier, setIdentifier] = useState("");
  const [typed, setTyped] = useState("");
  const [done, setDone] = useState<Schemas["Anonymized"] | null>(null);
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
        <Note kind="good">
          {t("privacy.done", {
            events: format.number(done.events),
            users: format.number(done.users),
            invitations: format.number(done.invitations),
          })}
        </Note>
      ) : null}
    </Form>
  );
}
