import { Link } from "@tanstack/react-router";
import { CircleCheck, CircleX } from "lucide-react";
import { askHealth } from "../../api/open";
import { session } from "../../api/send";
import { useFormat, useTexts } from "../../app/texts";
import { useAnswer } from "../../app/use-answer";
import { Note, Panel, Waiting } from "../../ui/panel";
import { ProcessDetail } from "./detail";

const EVERY_MS = 3000;

/** What each store says, without sign-in: it must work when the store of accounts does not. */
export function StatusPage() {
  const t = useTexts();
  const format = useFormat();
  const { data, error, at } = useAnswer(askHealth, EVERY_MS);
  const isOpen = session.state === "open";
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-2xl flex-col gap-4 p-4 pt-[8vh]">
      <header className="flex items-center justify-between">
        <h1 className="flex items-center gap-2 text-page font-semibold">
          <img src="/icon.svg" alt="" width={24} height={24} />
          {t("status.title")}
        </h1>
        <Link to={isOpen ? "/" : "/sign-in"} search={{}} className="row-link text-control">
          {t(isOpen ? "error.toOverview" : "signIn.title")}
        </Link>
      </header>
      {error ? (
        <Note kind="bad">
          {t("error.unreachable")} {t("status.start")}
        </Note>
      ) : null}
      <Panel title={t("status.stores")} note={t("status.every")}>
        {data ? (
          <ul>
            {data.stores.map(({ store, up, reason }) => (
              <li key={store} className="flex items-start gap-3 border-t border-line py-3 first:border-0">
                {up ? (
                  <CircleCheck size={18} className="mt-0.5 shrink-0 text-good" aria-hidden />
                ) : (
                  <CircleX size={18} className="mt-0.5 shrink-0 text-bad" aria-hidden />
                )}
                <div className="min-w-0 flex-1">
                  <p className="font-medium">
                    {t(`store.${store}` as never)}{" "}
                    <span className="font-normal text-ink-2">· {t(up ? "status.up" : "status.down")}</span>
                  </p>
                  <p className="text-control text-ink-2">{t(`status.use.${store}` as never)}</p>
                  {reason ? (
                    <p className="mt-1 text-control text-bad">
                      <bdi>{reason}</bdi>
                    </p>
                  ) : null}
                  {up ? null : <p className="mt-1 text-control">{t(`status.help.${store}` as never)}</p>}
                </div>
              </li>
            ))}
          </ul>
        ) : error ? null : (
          <Waiting lines={4} />
        )}
      </Panel>
      {isOpen ? <ProcessDetail /> : null}
      <p className="text-note text-ink-3" aria-live="off">
        {at ? t("status.asked", { time: format.time(at) }) : null}
      </p>
    </main>
  );
}
