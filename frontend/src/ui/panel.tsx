import type { UseQueryResult } from "@tanstack/react-query";
import { AlertTriangle, CircleAlert, CircleCheck, Info } from "lucide-react";
import { type ReactNode, useId } from "react";
import { isPassing, Refused } from "../api/errors";
import { useFaults } from "../app/faults";
import { useFormat, useTexts } from "../app/texts";
import { Button } from "./button";

/** A white sheet with a heading. */
export function Panel({
  title,
  aside,
  note,
  children,
  className,
}: {
  title: ReactNode;
  aside?: ReactNode;
  note?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className={`min-w-0 rounded-lg border border-line bg-surface ${className ?? ""}`}
    >
      <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 pt-3 pb-2">
        <div className="min-w-0">
          <h2 id={id} className="text-head font-semibold">
            {title}
          </h2>
          {note ? <p className="text-note text-ink-3">{note}</p> : null}
        </div>
        {aside ? <div className="flex flex-wrap items-center gap-2">{aside}</div> : null}
      </header>
      <div className="px-4 pb-4">{children}</div>
    </section>
  );
}

/** What a question came to: waiting, refused, or its answer, which stays while a newer one comes. */
export function Asked<T>({
  query,
  children,
  lines = 4,
}: {
  query: UseQueryResult<T>;
  children: (data: T) => ReactNode;
  lines?: number;
}) {
  const data = query.data;
  if (data !== undefined) {
    return (
      <div className={query.isPlaceholderData ? "opacity-60" : undefined} aria-busy={query.isPlaceholderData}>
        {query.error ? <ErrorNote error={query.error} onAgain={() => void query.refetch()} isOld /> : null}
        {children(data)}
      </div>
    );
  }
  if (query.error) return <ErrorNote error={query.error} onAgain={() => void query.refetch()} />;
  return <Waiting lines={lines} />;
}

export function Waiting({ lines = 3 }: { lines?: number }) {
  const t = useTexts();
  return (
    <div role="status" aria-label={t("state.loading")} className="waiting flex flex-col gap-2 py-1">
      {Array.from({ length: lines }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <span key={at} className="h-5 rounded-sm bg-sunken" />
      ))}
    </div>
  );
}

/** A refusal in a person's words. */
export function useErrorText(error: unknown): string {
  const t = useTexts();
  const format = useFormat();
  const { text } = useFaults(error);
  if (!(error instanceof Refused)) return t("error.page");
  if (error.status === 0) return t("error.unreachable");
  if (error.status === 503) return t("error.unavailable");
  if (error.status === 403) return t("error.forbidden");
  if (error.status === 404) return t("error.notFound");
  if (error.status === 429) return t("error.busy", { seconds: format.number(error.retryAfterS ?? 60) });
  if (error.status >= 500) return t("error.internal", { id: error.requestId ?? "–" });
  return text;
}

export function ErrorNote({
  error,
  onAgain,
  isOld,
}: {
  error: unknown;
  onAgain?: () => void;
  isOld?: boolean;
}) {
  const t = useTexts();
  const text = useErrorText(error);
  const { parts } = useFaults(error);
  return (
    <Note kind="bad">
      <p>
        {text} {isOld ? t("error.old") : null} {isPassing(error) ? t("error.again") : null}
      </p>
      {parts.length > 0 && error instanceof Refused && error.status < 500 ? (
        <ul className="mt-1 list-inside list-disc">
          {parts.map(({ field, text }) => (
            <li key={field + text}>
              <bdi>
                <code>{field}</code>
              </bdi>{" "}
              {text}
            </li>
          ))}
        </ul>
      ) : null}
      {onAgain && !isPassing(error) ? (
        <Button className="mt-2" onPress={onAgain}>
          {t("action.again")}
        </Button>
      ) : null}
    </Note>
  );
}

const NOTES = {
  bad: { look: "bg-bad-soft text-ink", mark: "text-bad", icon: CircleAlert },
  warn: { look: "bg-warn-soft text-ink", mark: "text-warn", icon: AlertTriangle },
  good: { look: "bg-good-soft text-ink", mark: "text-good", icon: CircleCheck },
  info: { look: "bg-sunken text-ink", mark: "text-ink-3", icon: Info },
};

export function Note({
  kind = "info",
  children,
  className,
}: {
  kind?: keyof typeof NOTES;
  children: ReactNode;
  className?: string;
}) {
  const { look, mark, icon: Icon } = NOTES[kind];
  return (
    <div
      role={kind === "bad" ? "alert" : undefined}
      className={`flex gap-2 rounded-sm px-3 py-2 text-control ${look} ${className ?? ""}`}
    >
      <Icon size={16} className={`mt-0.5 shrink-0 ${mark}`} aria-hidden />
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-10 text-center">
      <p className="font-semibold">{title}</p>
      {children ? <div className="max-w-prose text-control text-ink-2">{children}</div> : null}
    </div>
  );
}

export function Badge({
  kind = "plain",
  children,
}: {
  kind?: "plain" | "good" | "bad" | "warn" | "accent";
  children: ReactNode;
}) {
  const looks = {
    plain: "bg-sunken text-ink-2",
    good: "bg-good-soft text-good",
    bad: "bg-bad-soft text-bad",
    warn: "bg-warn-soft text-warn",
    accent: "bg-accent-soft text-accent",
  };
  return (
    <span
      className={`inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-note font-medium whitespace-nowrap ${looks[kind]}`}
    >
      {children}
    </span>
  );
}
