import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, dataOf, type Schemas } from "../../api/client";
import { type Destination, destinations } from "../../api/destinations";
import { useFormat, useTexts } from "../../app/texts";
import { duration } from "../../format/units";
import { Form } from "../../ui/form";
import { Note } from "../../ui/panel";
import { Field } from "../../ui/text-field";
import { adviceOf } from "./advice";
import { kindOf } from "./kinds";

type Answer = Schemas["DestinationTrial"];

/** Sends one made-up event under the platform's code for tests, and tells what the platform says. */
export function Trial({ row, onDone }: { row: Destination; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const [code, setCode] = useState(row.test_code ?? "");
  const [said, setSaid] = useState<Answer | null>(null);
  const platform = t(`platform.${row.platform}`);
  const isUnderCode = kindOf(row.platform)?.tests === "under_code";
  const send = async () => {
    setSaid(null);
    const params = { path: { id: row.id } };
    if (isUnderCode && code !== row.test_code) {
      await answer(api.PATCH("/api/v1/destinations/{id}", { params, body: { test_code: code } }));
      await client.invalidateQueries({ queryKey: destinations().queryKey });
    }
    setSaid(await dataOf(api.POST("/api/v1/destinations/{id}/test", { params })));
  };
  return (
    <Form
      action={t("trial.send")}
      send={send}
      onCancel={onDone}
      isDisabled={isUnderCode && code.trim() === ""}
    >
      <p className="text-control text-ink-2">
        {t(isUnderCode ? "trial.help" : "trial.helpElsewhere", { platform })}
      </p>
      {isUnderCode ? (
        <Field
          name="test_code"
          label={t("delivery.testCode")}
          help={t("delivery.testCodeHelp")}
          value={code}
          onChange={setCode}
          ltr
        />
      ) : null}
      <div aria-live="polite">{said ? <Said said={said} row={row} code={code} /> : null}</div>
    </Form>
  );
}

function Said({ said, row, code }: { said: Answer; row: Destination; code: string }) {
  const t = useTexts();
  const format = useFormat();
  const platform = t(`platform.${row.platform}`);
  const took = duration(said.took_ms, format.locale);
  const advice = said.works ? null : adviceOf(row.platform, said.code);
  const details = [
    said.code ? t("trial.code", { code: said.code }) : "",
    said.status ? `HTTP ${said.status}` : "",
    said.trace_id ? t("trial.trace", { id: said.trace_id }) : "",
  ].filter(Boolean);
  return (
    <Note kind={said.works ? "good" : "bad"}>
      <p>
        {said.works
          ? t(code ? "trial.works" : "trial.judged", { platform, took, code, id: said.event_id })
          : t(said.outcome ? `trial.${said.outcome}` : "trial.unavailable", { platform })}
      </p>
      {said.works || !said.message ? null : (
        <p className="mt-1" dir="auto">
          {said.message}
        </p>
      )}
      {advice ? <p className="mt-1">{t(advice)}</p> : null}
      {said.works || details.length === 0 ? null : (
        <p className="mt-1 text-note text-ink-2">
          <bdi>{details.join(" · ")}</bdi>
        </p>
      )}
    </Note>
  );
}
