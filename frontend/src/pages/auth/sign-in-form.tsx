import { useState } from "react";
import { raw, session } from "../../api/send";
import { cookieMode } from "../../api/session";
import { useTexts } from "../../app/texts";
import { Button } from "../../ui/button";
import { Note } from "../../ui/panel";
import { Field, PasswordField } from "../../ui/text-field";
import { SendForm } from "./parts";

/** A sign-in, or what it takes beside the password. */
interface Answer {
  next?: "second_factor" | "set_up_second_factor" | null;
  access_token?: string;
  refresh_token?: string;
  expires_in?: number;
  device_token?: string;
  recovery_codes?: string[];
  second_factor?: { secret: string; uri: string };
}

/** Opens nothing; tells the server that this browser has signed in before. */
const DEVICE = "stratum.device";

/** Asks for a session and opens it where nothing more is wanted. */
export async function signIn(body: Record<string, string>): Promise<Answer> {
  const device = localStorage.getItem(DEVICE);
  const response = await raw("/api/v1/auth/login", {
    method: "POST",
    headers: { "content-type": "application/json", ...cookieMode() },
    body: JSON.stringify({ ...body, ...(device ? { device_token: device } : {}) }),
  });
  const { data } = (await response.json()) as { data: Answer };
  const { access_token, refresh_token, expires_in, device_token } = data;
  if (data.next) return data;
  if (!access_token || !expires_in) throw new Error("a sign-in without tokens");
  if (device_token) localStorage.setItem(DEVICE, device_token);
  session.open({ access_token, refresh_token, expires_in });
  return data;
}

/** E-mail, password and, where it is wanted, a code of the second factor, for a session. */
export function SignInForm({ email, onDone }: { email?: string; onDone: () => void }) {
  const t = useTexts();
  const [known, setKnown] = useState<{ email: string; password: string } | null>(null);
  const [asked, setAsked] = useState<Answer | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const send = async (values: Record<string, string>) => {
    const who = known ?? { email: email ?? values.email ?? "", password: values.password ?? "" };
    const answer = await signIn({
      ...who,
      ...(values.code ? { code: values.code.replaceAll(" ", "") } : {}),
    });
    if (answer.next) {
      setKnown(who);
      setAsked(answer);
      return;
    }
    if (answer.recovery_codes) setCodes(answer.recovery_codes);
    else onDone();
  };
  if (codes) return <RecoveryCodes codes={codes} onDone={onDone} />;
  if (asked) {
    return (
      <SendForm action={t("signIn.action")} send={send}>
        {asked.second_factor ? <SetUp secret={asked.second_factor} /> : <p>{t("factor.code")}</p>}
        <Field
          name="code"
          label={t(asked.second_factor ? "factor.first" : "factor.codeLabel")}
          help={asked.second_factor ? undefined : t("factor.recovery")}
          autoComplete="one-time-code"
          isRequired
          autoFocus
          ltr
        />
      </SendForm>
    );
  }
  return (
    <SendForm action={t("signIn.action")} send={send}>
      <Field
        name="email"
        type="email"
        label={t("field.email")}
        autoComplete="username"
        defaultValue={email}
        isReadOnly={Boolean(email)}
        autoFocus={!email}
        isRequired
        ltr
      />
      <PasswordField
        name="password"
        label={t("field.password")}
        autoComplete="current-password"
        autoFocus={Boolean(email)}
        isRequired
      />
    </SendForm>
  );
}

function SetUp({ secret: { secret, uri } }: { secret: { secret: string; uri: string } }) {
  const t = useTexts();
  return (
    <Note>
      <p>{t("factor.setUp")}</p>
      <p dir="ltr" className="my-2 font-mono break-all select-all">
        {secret}
      </p>
      <a href={uri} className="row-link">
        {t("factor.openApp")}
      </a>
    </Note>
  );
}

/** Shown once; they sign in where the device is lost. */
function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const t = useTexts();
  return (
    <div className="flex flex-col gap-3">
      <Note kind="warn">{t("factor.codes")}</Note>
      <ul dir="ltr" className="grid grid-cols-2 gap-1 font-mono text-control select-all">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <Button kind="primary" onPress={onDone}>
        {t("factor.kept")}
      </Button>
    </div>
  );
}
