import { Link, Outlet } from "@tanstack/react-router";
import { askHealth } from "../../api/open";
import { choose, useLook } from "../../app/look";
import { useTexts } from "../../app/texts";
import { useAnswer } from "../../app/use-answer";
import { Button } from "../../ui/button";
import { Note } from "../../ui/panel";

const STORES_MS = 10_000;

/** One narrow column, the same for every page of the entrance. */
export function EntranceFrame() {
  const t = useTexts();
  const { language } = useLook();
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="flex items-center justify-between p-4">
        <span className="flex items-center gap-2 text-head font-semibold">
          <img src="/icon.svg" alt="" width={24} height={24} />
          Stratum
        </span>
        <Button kind="quiet" onPress={() => choose({ language: language === "ar" ? "en" : "ar" })}>
          {t("account.language")}
        </Button>
      </header>
      <main className="mx-auto flex w-full max-w-sm flex-1 flex-col justify-center gap-4 p-4 pb-[14vh]">
        <StoresAway />
        <Outlet />
      </main>
    </div>
  );
}

function StoresAway() {
  const t = useTexts();
  const { data, error } = useAnswer(askHealth, STORES_MS);
  const away = data?.stores.filter(({ up }) => !up) ?? [];
  if (error) return <Note kind="bad">{t("error.unreachable")}</Note>;
  if (away.length === 0) return null;
  return (
    <Note kind="warn">
      {t("entrance.away", { stores: away.map(({ store }) => t(`store.${store}` as never)).join(", ") })}{" "}
      <Link to="/status" className="row-link">
        {t("nav.status")}
      </Link>
    </Note>
  );
}
