import { useQuery } from "@tanstack/react-query";
import { campaignChanges } from "../../api/campaigns";
import type { Schemas } from "../../api/client";
import { useFormat, useTexts } from "../../app/texts";
import { Diff } from "../../ui/diff";
import { Asked, Empty, Panel } from "../../ui/panel";

const DONE = {
  "campaign.created": "changes.created",
  "campaign.updated": "changes.updated",
} as const;

/** Who changed the campaign's record, and how. */
export function Changes({ row }: { row: Schemas["CampaignItem"] }) {
  const t = useTexts();
  const query = useQuery(campaignChanges(row.id));
  return (
    <Panel title={t("campaign.changes")} note={t("campaigns.ownRecord")}>
      <Asked query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("changes.none")} />
          ) : (
            <ol className="text-control">
              {rows.map((one) => (
                <Change key={one.at + one.action} change={one} currency={row.currency} />
              ))}
            </ol>
          )
        }
      </Asked>
    </Panel>
  );
}

function Change({ change, currency }: { change: Schemas["CampaignChangeItem"]; currency: string }) {
  const t = useTexts();
  const format = useFormat();
  const done = DONE[change.action as keyof typeof DONE];
  const who = change.actor_name ?? t(`actor.${change.actor_kind}` as never);
  // Amounts are recorded in millionths; a person reads the currency.
  const shown = Object.entries(change.changes as Record<string, unknown>).map(([field, value]) => {
    const [, name] = field.match(/^(.*)_micros$/) ?? [];
    return name && typeof value === "number"
      ? [name, format.money(value / 1_000_000, currency)]
      : [name ?? field, value];
  });
  return (
    <li className="border-t border-line py-2 first:border-0">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <span>
          {done ? t(done) : <code>{change.action}</code>}{" "}
          <span className="text-ink-2">
            <bdi>{who}</bdi>
          </span>
        </span>
        <time dateTime={change.at} className="text-note text-ink-3">
          <bdi>{format.instant(change.at)}</bdi>
        </time>
      </div>
      <Diff changes={Object.fromEntries(shown)} nameOf={(field) => t(`field.${field}` as never)} />
    </li>
  );
}
