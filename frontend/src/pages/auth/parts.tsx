import { Link } from "@tanstack/react-router";
import { Check, Circle } from "lucide-react";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Form } from "react-aria-components";
import type { Schemas } from "../../api/client";
import { Refused } from "../../api/errors";
import { useFaults } from "../../app/faults";
import { useTexts } from "../../app/texts";
import { Button } from "../../ui/button";
import { ErrorNote } from "../../ui/panel";

const PASSWORD_MIN = 8;
const PASSWORD_MAX = 128;

/** A heading, its form and what is beside it. */
export function Sheet({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-6">
      <div>
        <h1 className="text-page font-semibold">{title}</h1>
        {lead ? <p className="mt-1 text-control text-ink-2">{lead}</p> : null}
      </div>
      {children}
    </section>
  );
}

/** Sends what is filled in, and shows a refusal at its fields or above the button. */
export function SendForm({
  action,
  send,
  children,
}: {
  action: string;
  send: (values: Record<string, string>) => Promise<void>;
  children: ReactNode;
}) {
  const [error, setError] = useState<unknown>(null);
  const [isSending, setSending] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>;
    setSending(true);
    setError(null);
    send(values)
      .catch(setError)
      .finally(() => setSending(false));
  };
  const { fields } = useFaults(error);
  return (
    <Form onSubmit={submit} validationErrors={fields} className="flex flex-col gap-3">
      {children}
      {error ? <Failure error={error} /> : null}
      <Button kind="primary" type="submit" isPending={isSending} className="min-h-10 text-body">
        {action}
      </Button>
    </Form>
  );
}

function Failure({ error }: { error: unknown }) {
  const t = useTexts();
  const wait = error instanceof Refused && error.status === 429 ? error.retryAfterS : null;
  const left = useCountdown(wait);
  if (wait && left > 0) {
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    return (
      <p role="alert" className="rounded-sm bg-warn-soft px-3 py-2 text-control">
        {t("entrance.locked", { time })}
      </p>
    );
  }
  return wait ? null : <ErrorNote error={error} />;
}

/** Seconds left of a wait, from when it was told. */
function useCountdown(seconds: number | null): number {
  const [left, setLeft] = useState(seconds ?? 0);
  useEffect(() => {
    if (!seconds) return;
    const end = Date.now() + seconds * 1000;
    const tick = () => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000)));
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [seconds]);
  return left;
}

/** The rules of a password, ticked while one types. */
export function PasswordRules({ password }: { password: string }) {
  const t = useTexts();
  const length = [...password.normalize("NFC")].length;
  const isMet = length >= PASSWORD_MIN && length <= PASSWORD_MAX;
  const Icon = isMet ? Check : Circle;
  return (
    <span className={`flex items-center gap-1.5 ${isMet ? "text-good" : ""}`}>
      <Icon size={12} aria-hidden />
      {t("password.length", { min: PASSWORD_MIN, max: PASSWORD_MAX })}
    </span>
  );
}

/** The token of a letter's link, taken out of the address and of the history at once. */
export function useFragmentToken(): string | null {
  const token = useRef<string | null>(null);
  token.current ??= new URLSearchParams(location.hash.slice(1)).get("token");
  useEffect(() => {
    if (location.hash) history.replaceState(history.state, "", location.pathname);
  }, []);
  return token.current;
}

/** True where anybody may register here. */
export function isRegistrationOpen(config: Schemas["ConfigResponse"] | undefined): boolean {
  return config?.registration === "open" || config?.registration === "confirmed";
}

export function BackToSignIn() {
  const t = useTexts();
  return (
    <p className="text-center text-control">
      <Link to="/sign-in" search={{}} className="row-link">
        {t("entrance.backToSignIn")}
      </Link>
    </p>
  );
}
