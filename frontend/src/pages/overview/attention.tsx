import { useQuery, useQueryClient } from "@tanstack/react-query";
import { AlertTriangle, CircleAlert, X } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { attention } from "../../api/queries";
import { useMay } from "../../app/me";
import { carried, type View } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { SHOWN_MAX, toldOf } from "../../figures/attention";
import { Button, ButtonLink } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { IconButton } from "../../ui/icon-button";
import { ErrorNote, Waiting } from "../../ui/panel";
import { useAct } from "../../ui/use-act";

type Concern = Schemas["ConcernItem"];

const Dismiss = lazy(() => import("./dismiss"));

/** Up to five things that need somebody, worst first, each with its one action; what can wait is put aside. */
export function Attention({ view }: { view: View }) {
  const t = useTexts();
  const format = useFormat();
  const maySee = useMay("integrations.read");
  const mayDismiss = useMay("campaigns.write");
  const client = useQueryClient();
  const [dismissed, setDismissed] = useState<Concern | null>(null);
  const [isAllShown, setAllShown] = useState(false);
  const { act, error, isBusy } = useAct();
  const query = useQuery(attention({ date_from: view.period.from, date_to: view.period.to }));
  const all = query.data ?? [];
  const open = all.filter((one) => !one.dismissed);
  const aside = all.filter((one) => one.dismissed);
  const shown = isAllShown ? all : open.slice(0, SHOWN_MAX);
  const words = {
    platform: (name: string) => t(`platform.${name}` as never),
    day: (day: string) => format.day(day),
    number: (value: number) => format.number(value, 1),
  };
  const textOf = (one: Concern) => {
    const told = toldOf(one, words);
    return told ? t(told.text, told.values) : one.concern;
  };
  const renew = () => client.invalidateQueries({ queryKey: ["attention"] });
  const restore = async (one: Concern) => {
    const path = { concern: one.concern };
    await answer(api.DELETE("/api/v1/attention/dismissals/{concern}", { params: { path } }));
    await renew();
  };
  if (all.length === 0) return null;
  return (
    <section aria-label={t("concern.title")}>
      {error ? <ErrorNote error={error} /> : null}
      <ul className="flex flex-wrap gap-2 max-md:flex-col">
        {shown.map((one) => {
          const told = toldOf(one, words);
          const isBad = one.severity === "bad" && !one.dismissed;
          const Icon = isBad ? CircleAlert : AlertTriangle;
          const look = one.dismissed ? "bg-sunken" : isBad ? "bg-bad-soft" : "bg-warn-soft";
          return (
            <li
              key={one.concern}
              className={`flex min-w-64 flex-1 items-center gap-2 rounded-lg border border-line px-3 py-2 text-control ${look}`}
            >
              <Icon size={16} aria-hidden className={`shrink-0 ${isBad ? "text-bad" : "text-warn"}`} />
              <span className="flex-1">
                {textOf(one)}
                {one.since ? (
                  <span className="block text-note text-ink-2">
                    {t("concern.since", { day: format.instant(one.since) })}
                  </span>
                ) : null}
                {one.dismissed ? (
                  <span className="block text-note text-ink-2">
                    {t("concern.aside", {
                      reason: one.dismissed.reason,
                      day: format.instant(one.dismissed.until),
                    })}
                  </span>
                ) : null}
              </span>
              {told && (told.to !== "/reports" || maySee) ? (
                <ButtonLink
                  to={told.to}
                  params={told.params as never}
                  search={(old: object) => carried(old as never) as never}
                >
                  {t(told.action)}
                </ButtonLink>
              ) : null}
              {mayDismiss && one.dismissed ? (
                <Button kind="quiet" isDisabled={isBusy} onPress={() => act(() => restore(one))}>
                  {t("concern.restore")}
                </Button>
              ) : null}
              {mayDismiss && !one.dismissed ? (
                <IconButton
                  label={t("concern.dismiss", { concern: textOf(one) })}
                  onPress={() => setDismissed(one)}
                >
                  <X size={14} />
                </IconButton>
              ) : null}
            </li>
          );
        })}
      </ul>
      {isAllShown || open.length > SHOWN_MAX || aside.length > 0 ? (
        <Button
          kind="quiet"
          className="mt-1"
          onPress={() => setAllShown(!isAllShown)}
          aria-expanded={isAllShown}
        >
          {isAllShown ? t("concern.fewer") : t("concern.all", { count: all.length, aside: aside.length })}
        </Button>
      ) : null}
      <Dialog
        title={t("concern.dismissTitle")}
        isOpen={dismissed !== null}
        onClose={() => setDismissed(null)}
      >
        {dismissed ? (
          <Suspense fallback={<Waiting lines={4} />}>
            <Dismiss
              concern={dismissed}
              text={textOf(dismissed)}
              onDone={async () => {
                setDismissed(null);
                await renew();
              }}
            />
          </Suspense>
        ) : null}
      </Dialog>
    </section>
  );
}
