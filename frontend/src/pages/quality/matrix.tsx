import type { Schemas } from "../../api/client";
import { useFormat, useTexts } from "../../app/texts";
import { platformText } from "../../figures/platform";
import { Score } from "../../ui/band";

export interface Spot {
  platform: Schemas["Platform"];
  dataset?: string;
  event?: string;
}

type Scores = Schemas["EventScore"][];

/** Event names down, platforms across; a press on a score tells what it lacks. */
export function EventMatrix({
  events,
  earlier,
  onOpen,
}: {
  events: Scores;
  earlier?: Scores;
  onOpen: (spot: Spot) => void;
}) {
  const t = useTexts();
  const format = useFormat();
  const platforms = [...new Set(events.map(({ platform }) => platform))];
  const names = [...new Set(events.map(({ event_name }) => event_name))];
  const was = (one: Scores[number]) =>
    earlier?.find(
      (other) =>
        other.platform === one.platform &&
        other.dataset_id === one.dataset_id &&
        other.event_name === one.event_name,
    )?.score;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="overflow-x-auto" tabIndex={0} aria-label={t("quality.byEvent")}>
      <table className="w-full text-control">
        <thead className="text-note text-ink-3">
          <tr>
            <th scope="col" className="pb-1 text-start font-medium">
              {t("quality.event")}
            </th>
            {platforms.map((platform) => (
              <th key={platform ?? ""} scope="col" className="px-2 pb-1 text-start font-medium">
                {t(platformText(platform))}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <tr key={name} className="border-t border-line">
              <th scope="row" className="py-2 pe-3 text-start font-medium">
                <bdi>{name}</bdi>
              </th>
              {platforms.map((platform) => {
                const cells = events.filter((one) => one.platform === platform && one.event_name === name);
                return (
                  <td key={platform ?? ""} className="px-1 py-1 align-top">
                    {cells.length === 0 ? <span className="px-1 text-ink-3">–</span> : null}
                    {cells.map((one) => {
                      const before = was(one);
                      return (
                        <button
                          key={one.dataset_id}
                          type="button"
                          disabled={!platform}
                          onClick={() =>
                            platform && onOpen({ platform, dataset: one.dataset_id, event: name })
                          }
                          className="flex w-full flex-col rounded-sm px-1.5 py-1 text-start hover:bg-sunken"
                        >
                          <Score {...one} />
                          <span className="text-note text-ink-3">
                            {before == null
                              ? ""
                              : `${t("quality.was", { score: format.figure(before, "score") })} · `}
                            {t("quality.events", { count: one.events, shown: format.number(one.events) })}
                            {cells.length > 1 ? (
                              <>
                                {" · "}
                                <bdi>{one.dataset_id}</bdi>
                              </>
                            ) : null}
                          </span>
                        </button>
                      );
                    })}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
