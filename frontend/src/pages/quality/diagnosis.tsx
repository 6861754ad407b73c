import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { emqDiagnostics } from "../../api/arrivals";
import type { Schemas } from "../../api/client";
import { simulation } from "../../api/planning";
import { useMay } from "../../app/me";
import { useFormat, useTexts } from "../../app/texts";
import { fieldOf, fieldsOf } from "../../figures/dialect-fields";
import type { Period } from "../../figures/period";
import { Button, ButtonLink } from "../../ui/button";
import { Asked, Empty, ErrorNote, Note, Waiting } from "../../ui/panel";
import { History } from "./history";
import type { Spot } from "./matrix";

/** What the events of a spot carry, what is unusable and why, and what would raise the score. */
export function Diagnosis({ spot, period }: { spot: Spot; period: Period }) {
  const t = useTexts();
  const query = useQuery(
    emqDiagnostics({
      from: period.from,
      to: period.to,
      platform: spot.platform,
      dataset_id: spot.dataset,
      event_name: spot.event,
    }),
  );
  return (
    <Asked query={query} lines={10}>
      {(data) => {
        const of = data.platforms.find(({ coverage }) => coverage.platform === spot.platform);
        if (!of || of.coverage.events === 0) return <Empty title={t("quality.none")} />;
        return (
          <div className="flex flex-col gap-5">
            <History spot={spot} period={period} />
            <Coverage found={of.coverage} platform={spot.platform} />
            <Uplift found={of.coverage} platform={spot.platform} />
            <Arrivals of={of.arrivals} isOfDataset={spot.dataset !== undefined} />
          </div>
        );
      }}
    </Asked>
  );
}

function Coverage({ found, platform }: { found: Schemas["PlatformCoverage"]; platform: Spot["platform"] }) {
  const t = useTexts();
  const format = useFormat();
  const share = (count: number) => `${(count / found.events) * 100}%`;
  return (
    <section>
      <h3 className="mb-1 font-semibold">{t("coverage.title")}</h3>
      <p className="mb-3 text-note text-ink-3">
        <span className="text-accent">■</span> {t("coverage.usable")} <span className="ms-2 text-bad">▨</span>{" "}
        {t("coverage.unusable")} <span className="ms-2">□</span> {t("coverage.absent")}
      </p>
      <ul className="flex flex-col gap-2.5">
        {found.identifiers.map(({ key, valid, invalid, coverage, reasons }) => (
          <li key={key}>
            <div className="flex items-baseline justify-between gap-3 text-control">
              <span>
                {t(`identifier.${key}` as never)}{" "}
                <code className="text-ink-3">
                  <bdi>{fieldOf(platform, key) ?? key}</bdi>
                </code>
              </span>
              <bdi className="font-medium">{coverage == null ? "–" : format.percent(coverage * 100, 0)}</bdi>
            </div>
            <div
              aria-hidden
              className="mt-1 flex h-2.5 overflow-hidden rounded-full border border-line bg-surface"
            >
              <span className="bg-accent" style={{ width: share(valid) }} />
              <span className="bg-bad" style={{ width: share(invalid) }} />
            </div>
            {invalid > 0 ? (
              <p className="mt-1 text-note text-bad">
                {t("coverage.why", { count: invalid, shown: format.number(invalid) })}{" "}
                {reasons
                  .map(
                    ({ reason, events }) => `${t(`invalid.${reason}` as never)} (${format.number(events)})`,
                  )
                  .join(", ")}
              </p>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What came in and what became of it: a duplicate or a refused event is matched with nobody. */
function Arrivals({ of, isOfDataset }: { of: Schemas["Arrivals"]; isOfDataset: boolean }) {
  const t = useTexts();
  const format = useFormat();
  const { received, duplicate, duplicate_rate, rejected, newest_received_at } = of;
  const facts = [
    [t("count.received"), format.number(received)],
    [t("count.duplicate"), `${format.number(duplicate)} (${format.percent((duplicate_rate ?? 0) * 100)})`],
    [t("count.rejected"), format.number(rejected)],
    [t("arrivals.newest"), newest_received_at ? format.instant(newest_received_at) : "–"],
  ] as const;
  return (
    <section>
      <h3 className="mb-1 font-semibold">{t("arrivals.title")}</h3>
      <p className="mb-3 text-note text-ink-3">
        {t(isOfDataset ? "arrivals.ofDataset" : "arrivals.ofPlatform")}
      </p>
      <dl className="grid grid-cols-2 gap-3 text-control">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="text-note text-ink-3">{name}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {rejected > 0 ? (
        <ButtonLink to="/events" className="mt-3">
          {t("concern.refused.action")}
        </ButtonLink>
      ) : null}
    </section>
  );
}

/** A signal's identifiers, as what-if asks for them. */
type Identifier = Schemas["IdentifierKey"];

const IDENTIFIERS: Record<string, Identifier[]> = {
  email: ["em"],
  phone: ["ph"],
  name_and_place: ["fn", "ln", "ct", "zp"],
  platform_id: ["login_id"],
};

function Uplift({ found, platform }: { found: Schemas["PlatformCoverage"]; platform: Spot["platform"] }) {
  const t = useTexts();
  const format = useFormat();
  const mayAsk = useMay("predictions.run");
  const [asked, setAsked] = useState<string | null>(null);
  const best = found.uplift.filter(({ percent }) => percent > 0).sort((a, b) => b.percent - a.percent);
  if (best.length === 0) return <Note kind="good">{t("uplift.none")}</Note>;
  return (
    <section>
      <h3 className="mb-1 font-semibold">{t("uplift.title")}</h3>
      <p className="mb-3 text-note text-ink-3">{t("uplift.note")}</p>
      <ol className="flex flex-col gap-3">
        {best.map(({ signal, percent, low_percent, high_percent }) => (
          <li key={signal} className="rounded-sm border border-line p-3 text-control">
            <div className="flex flex-wrap items-baseline justify-between gap-2">
              <span className="font-medium">{t(`signal.${signal}` as never)}</span>
              <span>
                <bdi className="font-semibold">{format.change(percent)}</bdi>{" "}
                <span className="text-note text-ink-3">
                  {t("uplift.range", {
                    low: format.percent(low_percent),
                    high: format.percent(high_percent),
                  })}
                </span>
              </span>
            </div>
            <p className="mt-1 text-ink-2">{t(`remedy.${signal}` as never)}</p>
            {fieldsOf(platform, signal).length > 0 ? (
              <p className="mt-1 text-note text-ink-3">
                {t("remedy.fields", { platform: t(`platform.${platform}`) })}{" "}
                <code className="text-ink-2">
                  <bdi>{fieldsOf(platform, signal).join(", ")}</bdi>
                </code>
              </p>
            ) : null}
            {mayAsk ? (
              <Button
                className="mt-2"
                onPress={() => setAsked(asked === signal ? null : signal)}
                aria-expanded={asked === signal}
              >
                {t("uplift.whatIf")}
              </Button>
            ) : null}
            {asked === signal ? <WhatIf identifiers={IDENTIFIERS[signal] ?? [signal as Identifier]} /> : null}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** What more matches would mean for conversions that platforms report; an estimate, and shown as one. */
function WhatIf({ identifiers }: { identifiers: Identifier[] }) {
  const query = useQuery(
    simulation({
      scenarios: [{ name: "now", budget_change_percent: 0 }],
      match_quality_fix: { identifiers, share: 1 },
      time_horizon_days: 30,
    }),
  );
  if (query.error) return <ErrorNote error={query.error} />;
  if (!query.data) return <Waiting lines={2} />;
  return <Note className="mt-2">{query.data.match_quality?.statement ?? "–"}</Note>;
}
