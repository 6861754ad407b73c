import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { emqHistory } from "../../api/arrivals";
import type { Schemas } from "../../api/client";
import { emqScore } from "../../api/queries";
import { useView } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { Spark } from "../../charts/spark";
import { shift } from "../../figures/period";
import { platformText } from "../../figures/platform";
import { Score } from "../../ui/band";
import { ButtonLink } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Asked, Empty, Panel } from "../../ui/panel";
import { PageHead } from "../../ui/toolbar";
import { Diagnosis } from "./diagnosis";
import { Fixes } from "./fixes";
import { EventMatrix, type Spot } from "./matrix";

/** Which signal costs conversions, and what would it bring to send it? */
export function QualityPage() {
  const t = useTexts();
  const view = useView();
  const { at, dataset, event } = useSearch({ strict: false }) as {
    at?: Spot["platform"];
    dataset?: string;
    event?: string;
  };
  const asked = { from: view.period.from, to: view.period.to, platform: view.platform };
  const before = shift(view.period, -1);
  const query = useQuery(emqScore(asked));
  const history = useQuery(emqHistory(asked));
  const earlier = useQuery(emqScore({ ...asked, from: before.from, to: before.to }));
  const open = (spot: Spot | null) =>
    view.change({ at: spot?.platform, dataset: spot?.dataset, event: spot?.event } as never);
  const spot = at ? { platform: at, dataset, event } : null;
  return (
    <>
      <PageHead title={t("nav.quality")} view={view} parts={["platform"]} />
      <Asked query={query} lines={10}>
        {(data) =>
          data.events.length === 0 ? (
            <Panel title={t("quality.byEvent")}>
              <Empty title={t("quality.none")}>
                <p>{t("quality.noneHelp")}</p>
                <ButtonLink to="/events" className="mt-3">
                  {t("nav.events")}
                </ButtonLink>
              </Empty>
            </Panel>
          ) : (
            <div className="flex flex-col gap-4">
              <PlatformCards
                platforms={data.platforms}
                earlier={earlier.data?.platforms}
                history={history.data?.platforms}
                onOpen={open}
              />
              <Panel
                title={t("quality.byEvent")}
                note={t("quality.formula", { version: data.formula_version })}
              >
                <EventMatrix events={data.events} earlier={earlier.data?.events} onOpen={open} />
              </Panel>
              <Fixes events={data.events} view={view} />
            </div>
          )
        }
      </Asked>
      <Dialog
        title={
          spot
            ? [t(`platform.${spot.platform}` as never), spot.event, spot.dataset].filter(Boolean).join(" · ")
            : t("nav.quality")
        }
        isOpen={spot !== null}
        onClose={() => open(null)}
        isSide
      >
        {spot ? <Diagnosis spot={spot} period={view.period} /> : null}
      </Dialog>
    </>
  );
}

type Platforms = Schemas["PlatformScore"][];

function PlatformCards({
  platforms,
  earlier,
  history,
  onOpen,
}: {
  platforms: Platforms;
  earlier?: Platforms;
  history?: Schemas["PlatformHistory"][];
  onOpen: (spot: Spot) => void;
}) {
  const t = useTexts();
  const format = useFormat();
  return (
    <ul className="grid grid-cols-[repeat(auto-fill,minmax(210px,1fr))] gap-3">
      {platforms.map((one) => {
        const { platform, interval, reason, events } = one;
        const days = history?.find((other) => other.platform === platform)?.days;
        const was = earlier?.find((one) => one.platform === platform)?.score;
        return (
          <li key={platform ?? ""}>
            <button
              type="button"
              disabled={!platform}
              onClick={() => platform && onOpen({ platform })}
              className="flex w-full flex-col gap-1 rounded-lg border border-line bg-surface px-4 py-3 text-start hover:border-edge"
            >
              <span className="text-control font-medium text-ink-2">{t(platformText(platform))}</span>
              <span className="text-head">
                <Score {...one} />
              </span>
              <span className="text-note text-ink-3">
                {was == null ? null : `${t("quality.was", { score: format.figure(was, "score") })} · `}
                {t("quality.events", { count: events, shown: format.number(events) })}
              </span>
              {interval && !one.too_few ? (
                <span className="text-note text-ink-3">
                  {t("quality.interval", {
                    low: format.number(interval.low, 2),
                    high: format.number(interval.high, 2),
                  })}
                </span>
              ) : null}
              {reason ? <span className="text-note text-ink-3">{reason}</span> : null}
              {days ? (
                <Spark tracked={days.map((day) => (day.too_few ? null : (day.score ?? null)))} width={170} />
              ) : null}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
