import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Refused } from "../../api/errors";
import { raw } from "../../api/send";
import { useTexts } from "../../app/texts";
import { Ago } from "../../ui/ago";
import { Button } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Dialog } from "../../ui/dialog";
import { Form } from "../../ui/form";
import { Asked, Badge, Note, Panel } from "../../ui/panel";
import { Field, PasswordField } from "../../ui/text-field";
import { tell } from "../../ui/toast";

interface SessionItem {
  id: string;
  current: boolean;
  device: string;
  created_at: string;
  renewed_at: string | null;
}

interface Factor {
  active: boolean;
  required: boolean;
  recovery_codes_left: number;
}

interface Secret {
  secret: string;
  uri: string;
}

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await raw(`/api/v1/auth/${path}`, {
    method,
    ...(body ? { headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {}),
  });
  return response.status === 204 ? (undefined as T) : ((await response.json()) as { data: T }).data;
}

const sessions = { queryKey: ["sessions"], queryFn: () => ask<SessionItem[]>("GET", "sessions") };
const factor = { queryKey: ["factor"], queryFn: () => ask<Factor>("GET", "second-factor") };

/** Password, second factor, and where one is signed in. */
export function Security() {
  return (
    <>
      <Password />
      <SecondFactor />
      <Sessions />
    </>
  );
}

function Password() {
  const t = useTexts();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const send = async () => {
    await ask("POST", "change-password", { current_password: current, new_password: next });
    setCurrent("");
    setNext("");
    tell(t("security.passwordSet"));
  };
  return (
    <Panel title={t("security.password")} note={t("security.passwordNote")}>
      <Form action={t("reset.action")} send={send}>
        <div className="grid gap-3 md:grid-cols-2">
          <PasswordField
            name="current_password"
            label={t("security.current")}
            autoComplete="current-password"
            value={current}
            onChange={setCurrent}
            isRequired
          />
          <PasswordField
            name="new_password"
            label={t("field.newPassword")}
            autoComplete="new-password"
            value={next}
            onChange={setNext}
            isRequired
          />
        </div>
      </Form>
    </Panel>
  );
}

type Step =
  | { kind: "begin" | "remove" | "codes" }
  | { kind: "confirm"; secret: Secret }
  | { kind: "kept"; codes: string[] };

function SecondFactor() {
  const t = useTexts();
  const client = useQueryClient();
  const query = useQuery(factor);
  const [step, setStep] = useState<Step | null>(null);
  const close = () => {
    setStep(null);
    void client.invalidateQueries({ queryKey: factor.queryKey });
  };
  // A program before second factors has none to show.
  if (query.error instanceof Refused && query.error.status === 404) return null;
  return (
    <Panel title={t("factor.title")} note={t("factor.note")}>
      <Asked query={query} lines={2}>
        {(found) => (
          <div className="flex flex-wrap items-center gap-3">
            <Badge kind={found.active ? "good" : "plain"}>
              {t(found.active ? "factor.on" : "factor.off")}
            </Badge>
            {found.active ? (
              <>
                <span className="text-control text-ink-2">
                  {t("factor.left", { count: found.recovery_codes_left })}
                </span>
                <Button onPress={() => setStep({ kind: "codes" })}>{t("factor.newCodes")}</Button>
                {found.required ? null : (
                  <Button kind="danger" onPress={() => setStep({ kind: "remove" })}>
                    {t("factor.remove")}
                  </Button>
                )}
              </>
            ) : (
              <Button onPress={() => setStep({ kind: "begin" })}>{t("factor.begin")}</Button>
            )}
          </div>
        )}
      </Asked>
      <Dialog title={t("factor.title")} isOpen={step !== null} onClose={close}>
        {step ? <FactorStep step={step} onStep={setStep} onDone={close} /> : null}
      </Dialog>
    </Panel>
  );
}

function FactorStep({
  step,
  onStep,
  onDone,
}: {
  step: Step;
  onStep: (step: Step) => void;
  onDone: () => void;
}) {
  const t = useTexts();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  if (step.kind === "kept") {
    return (
      <div className="flex flex-col gap-3">
        <Note kind="warn">{t("factor.codes")}</Note>
        <ul dir="ltr" className="grid grid-cols-2 gap-1 font-mono text-control select-all">
          {step.codes.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
        <Button kind="primary" onPress={onDone}>
          {t("factor.kept")}
        </Button>
      </div>
    );
  }
  const send = async () => {
    if (step.kind === "begin") {
      onStep({ kind: "confirm", secret: await ask<Secret>("POST", "second-factor", { password }) });
    } else if (step.kind === "confirm") {
      const { recovery_codes } = await ask<{ recovery_codes: string[] }>("POST", "second-factor/confirm", {
        code,
      });
      onStep({ kind: "kept", codes: recovery_codes });
    } else if (step.kind === "codes") {
      const proof = { password, code };
      const { recovery_codes } = await ask<{ recovery_codes: string[] }>(
        "POST",
        "second-factor/recovery-codes",
        proof,
      );
      onStep({ kind: "kept", codes: recovery_codes });
    } else {
      await ask("POST", "second-factor/remove", { password, code });
      tell(t("factor.removed"));
      onDone();
    }
  };
  return (
    <Form
      action={t(step.kind === "remove" ? "factor.remove" : "factor.next")}
      send={send}
      isDanger={step.kind === "remove"}
    >
      {step.kind === "confirm" ? (
        <Note>
          <p>{t("factor.type")}</p>
          <p dir="ltr" className="my-2 font-mono break-all select-all">
            {step.secret.secret}
          </p>
          <a href={step.secret.uri} className="row-link">
            {t("factor.openApp")}
          </a>
        </Note>
      ) : (
        <PasswordField
          name="password"
          label={t("field.password")}
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          isRequired
          autoFocus
        />
      )}
      {step.kind === "begin" ? null : (
        <Field
          name="code"
          label={t("factor.codeLabel")}
          autoComplete="one-time-code"
          value={code}
          onChange={setCode}
          isRequired
          ltr
        />
      )}
    </Form>
  );
}

function Sessions() {
  const t = useTexts();
  const client = useQueryClient();
  const query = useQuery(sessions);
  const [error, setError] = useState<ReactNode>(null);
  const end = async (path: string) => {
    setError(null);
    try {
      await ask("DELETE", path);
    } catch (failure) {
      setError(failure instanceof Refused ? failure.message : t("error.page"));
    }
    await client.invalidateQueries({ queryKey: sessions.queryKey });
  };
  if (query.error instanceof Refused && query.error.status === 404) return null;
  return (
    <Panel
      title={t("security.sessions")}
      aside={
        (query.data?.length ?? 0) > 1 ? (
          <Button kind="danger" onPress={() => void end("sessions")}>
            {t("security.endOthers")}
          </Button>
        ) : null
      }
    >
      {error ? <Note kind="bad">{error}</Note> : null}
      <Asked query={query} lines={3}>
        {(rows) => (
          <DataTable
            label={t("security.sessions")}
            rows={rows}
            keyOf={(row) => row.id}
            columns={[
              {
                key: "device",
                label: t("security.device"),
                cell: (row) => (
                  <>
                    <bdi>{row.device || t("security.unknownDevice")}</bdi>{" "}
                    {row.current ? <Badge kind="accent">{t("security.this")}</Badge> : null}
                  </>
                ),
              },
              { key: "began", label: t("security.began"), cell: (row) => <Ago at={row.created_at} /> },
              {
                key: "seen",
                label: t("security.seen"),
                hide: "sm",
                cell: (row) => <Ago at={row.renewed_at ?? row.created_at} />,
              },
              {
                key: "act",
                label: "",
                isEnd: true,
                cell: (row) =>
                  row.current ? null : (
                    <Button onPress={() => void end(`sessions/${row.id}`)}>{t("security.end")}</Button>
                  ),
              },
            ]}
          />
        )}
      </Asked>
    </Panel>
  );
}
