import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "../api/client";
import { PLATFORMS, type Platform } from "../api/platforms";
import { useMay } from "../app/me";
import { useFormat, useTexts } from "../app/texts";
import { Button } from "./button";
import { type About, useNotes, useNoteText } from "./chart-notes";
import { Choose } from "./field";
import { Form } from "./form";
import { Asked, Empty, ErrorNote } from "./panel";
import { Field } from "./text-field";
import { tell } from "./toast";
import { useAct } from "./use-act";

/** The notes of these days, and a form for another one. */
export default function NoteList({ about, platform }: { about: About; platform?: Platform }) {
  const t = useTexts();
  const format = useFormat();
  const client = useQueryClient();
  const mayWrite = useMay("campaigns.write");
  const query = useNotes(about);
  const textOf = useNoteText();
  const { act, error, isBusy } = useAct();
  const remove = async (id: string) => {
    await answer(api.DELETE("/api/v1/notes/{id}", { params: { path: { id } } }));
    await client.invalidateQueries({ queryKey: ["notes"] });
    tell(t("note.deleted"));
  };
  return (
    <div className="flex flex-col gap-4">
      {mayWrite ? <NewNote about={about} platform={platform} /> : null}
      {error ? <ErrorNote error={error} /> : null}
      <Asked query={query} lines={3}>
        {(found) =>
          found.length === 0 ? (
            <Empty title={t("note.none")} />
          ) : (
            <ol className="text-control">
              {found.map((note) => (
                <li
                  key={note.id ?? note.at + note.kind}
                  className="flex items-start justify-between gap-3 border-t border-line py-2 first:border-0"
                >
                  <span>
                    <span className="block text-note text-ink-3">
                      <bdi>
                        {note.date_from === note.date_to
                          ? format.day(note.date_from, "long")
                          : format.days(note.date_from, note.date_to)}
                      </bdi>
                      {note.platform ? ` · ${t(`platform.${note.platform}`)}` : ""}
                      {note.kind === "user" ? "" : ` · ${t("note.system")}`}
                    </span>
                    <bdi className="whitespace-normal">{textOf(note)}</bdi>
                  </span>
                  {mayWrite && note.id ? (
                    <Button kind="quiet" isDisabled={isBusy} onPress={() => act(() => remove(note.id ?? ""))}>
                      {t("note.delete")}
                    </Button>
                  ) : null}
                </li>
              ))}
            </ol>
          )
        }
      </Asked>
    </div>
  );
}

function NewNote({ about, platform }: { about: About; platform?: Platform }) {
  const t = useTexts();
  const client = useQueryClient();
  const [day, setDay] = useState(about.to);
  const [text, setText] = useState("");
  const [of, setOf] = useState<Platform | "all">(platform ?? "all");
  const send = async () => {
    const body = {
      date_from: day,
      text,
      ...(of === "all" ? {} : { platform: of }),
      ...(about.campaign ? { campaign_id: about.campaign } : {}),
    };
    await answer(api.POST("/api/v1/notes", { body }));
    await client.invalidateQueries({ queryKey: ["notes"] });
    setText("");
    tell(t("note.saved"));
  };
  return (
    <Form action={t("note.save")} send={send} isDisabled={text.trim() === ""}>
      <Field name="text" label={t("note.text")} value={text} onChange={setText} />
      <Field name="date_from" label={t("note.day")} type="date" value={day} onChange={setDay} ltr />
      {about.campaign ? null : (
        <Choose
          label={t("platform.label")}
          value={of}
          options={[
            { key: "all" as const, label: t("platform.all") },
            ...PLATFORMS.map((key) => ({ key, label: t(`platform.${key}`) })),
          ]}
          onChange={setOf}
        />
      )}
    </Form>
  );
}
