import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { isPassing } from "../api/errors";
import { Button } from "../ui/button";
import { useErrorText } from "../ui/panel";
import { useTexts } from "./texts";

const AGAIN_MS = 3000;

/** Stands in the place of a page that cannot be shown; heals by itself where that can help. */
export function ErrorPage({ error, reset }: ErrorComponentProps) {
  const t = useTexts();
  const text = useErrorText(error);
  const router = useRouter();
  const passes = isPassing(error);
  const again = () => {
    reset();
    void router.invalidate();
  };
  useEffect(() => {
    if (!passes) return;
    const timer = setInterval(() => void router.invalidate(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [passes, router]);
  return (
    <main className="mx-auto flex min-h-[60vh] max-w-lg flex-col items-center justify-center gap-3 p-6 text-center">
      <h1 className="text-page font-semibold">{t("error.title")}</h1>
      <p role="alert" className="text-ink-2">
        {text} {passes ? t("error.again") : null}
      </p>
      <div className="flex gap-2">
        {passes ? null : <Button onPress={again}>{t("action.again")}</Button>}
        <Link to="/status" className="row-link self-center text-control">
          {t("nav.status")}
        </Link>
      </div>
    </main>
  );
}

export function NotFoundPage() {
  const t = useTexts();
  return (
    <main className="mx-auto flex min-h-[60vh] max-w-lg flex-col items-center justify-center gap-3 p-6 text-center">
      <h1 className="text-page font-semibold">{t("error.noPage")}</h1>
      <Link to="/" className="row-link">
        {t("error.toOverview")}
      </Link>
    </main>
  );
}
