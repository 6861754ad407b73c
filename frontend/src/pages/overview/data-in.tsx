import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "../../api/client";
import { ingest } from "../../api/queries";
import { carried, type View } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { platformText } from "../../figures/platform";
import { Ago } from "../../ui/ago";
import { ButtonLink } from "../../ui/button";
import { Asked, Panel } from "../../ui/panel";

/** What came in today, what became of it, how fresh each platform is. */
export default function DataIn({
  view,
  freshness,
}: {
  view: View;
  freshness?: Schemas["PlatformFreshness"][];
}) {
  const t = useTexts();
  const format = useFormat();
  const query = useQuery(ingest({ date_from: view.today, date_to: view.today }));
  return (
    <Panel
      title={t("dataIn.title")}
      aside={
        <ButtonLink kind="quiet" to="/events" search={(old: object) => carried(old as never) as never}>
          {t("concern.refused.action")}
        </ButtonLink>
      }
    >
      <Asked query={query} lines={2}>
        {({ events }) => (
          <dl className="grid grid-cols-3 gap-2">
            {(["landed", "duplicate", "rejected"] as const).map((part) => (
              <div key={part}>
                <dt className="text-note text-ink-3">{t(`count.${part}`)}</dt>
                <dd
                  className={`text-head font-semibold ${part === "rejected" && events.rejected > 0 ? "text-bad" : ""}`}
                >
                  <bdi>{format.number(events[part])}</bdi>
                </dd>
              </div>
            ))}
          </dl>
        )}
      </Asked>
      <table className="mt-3 w-full text-control">
        <thead className="text-note text-ink-3">
          <tr>
            <th scope="col" className="pb-1 text-start font-medium">
              {t("platform.label")}
            </th>
            <th scope="col" className="pb-1 text-end font-medium">
              {t("dataIn.event")}
            </th>
            <th scope="col" className="pb-1 text-end font-medium">
              {t("dataIn.until")}
            </th>
          </tr>
        </thead>
        <tbody>
          {(freshness ?? []).map((one) => (
            <tr key={one.platform ?? ""} className="border-t border-line">
              <th scope="row" className="py-1.5 text-start font-normal">
                {t(platformText(one.platform))}
              </th>
              <td className="text-end">
                <Ago at={one.events_received_at} />
              </td>
              <td className="text-end">
                <bdi>{format.day(one.reports_until)}</bdi>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
