import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, type Schemas } from "../../api/client";
import { tenant } from "../../api/settings";
import { useMay } from "../../app/me";
import { useFormat, useTexts } from "../../app/texts";
import { Form } from "../../ui/form";
import { Asked, Note, Panel } from "../../ui/panel";
import { Field } from "../../ui/text-field";
import { tell } from "../../ui/toast";
import { ZoneAndCurrency } from "../../ui/zone-and-currency";

type Tenant = Schemas["TenantItem"];

/** The organisation, and how much of its plan it uses. */
export function General() {
  const t = useTexts();
  const mayWrite = useMay("tenant.write");
  const query = useQuery(tenant());
  return (
    <Asked query={query} lines={8}>
      {(found) => (
        <div className="flex flex-col gap-4">
          <Panel
            title={t("settings.general")}
            note={`${found.slug} · ${t("settings.plan", { plan: found.plan })}`}
          >
            {mayWrite ? <Change found={found} /> : <Read found={found} />}
          </Panel>
          <Panel title={t("settings.limits")}>
            <Limits found={found} />
          </Panel>
        </div>
      )}
    </Asked>
  );
}

function Change({ found }: { found: Tenant }) {
  const t = useTexts();
  const client = useQueryClient();
  const [name, setName] = useState(found.name);
  const [zone, setZone] = useState(found.time_zone);
  const [currency, setCurrency] = useState(found.reporting_currency);
  const isOther = zone !== found.time_zone || currency !== found.reporting_currency;
  const send = async () => {
    await dataOf(
      api.PATCH("/api/v1/tenant", { body: { name, time_zone: zone, reporting_currency: currency } }),
    );
    await client.invalidateQueries();
    tell(t("settings.saved"));
  };
  return (
    <Form action={t("action.save")} send={send}>
      <Field
        name="name"
        label={t("field.tenantName")}
        value={name}
        onChange={setName}
        isRequired
        className="max-w-md"
      />
      <ZoneAndCurrency zone={zone} currency={currency} onZone={setZone} onCurrency={setCurrency} />
      {isOther ? <Note kind="warn">{t("settings.zoneChange")}</Note> : null}
    </Form>
  );
}

function Read({ found }: { found: Tenant }) {
  const t = useTexts();
  return (
    <dl className="grid gap-x-6 gap-y-2 text-control sm:grid-cols-[160px_1fr]">
      <dt className="text-ink-3">{t("field.tenantName")}</dt>
      <dd>
        <bdi>{found.name}</bdi>
      </dd>
      <dt className="text-ink-3">{t("settings.zone")}</dt>
      <dd>
        <bdi>{found.time_zone}</bdi>
      </dd>
      <dt className="text-ink-3">{t("settings.currency")}</dt>
      <dd>
        <bdi>{found.reporting_currency}</bdi>
      </dd>
    </dl>
  );
}

function Limits({ found }: { found: Tenant }) {
  const t = useTexts();
  const format = useFormat();
  const bars = [
    ["settings.limitUsers", found.used.users, found.limits.users],
    ["settings.limitKeys", found.used.api_keys, found.limits.api_keys],
  ] as const;
  return (
    <div className="flex flex-col gap-3 text-control">
      {bars.map(([label, used, most]) => (
        <div key={label}>
          <p className="flex justify-between">
            <span>{t(label)}</span>
            <bdi>
              {format.number(used)} / {format.number(most)}
            </bdi>
          </p>
          <meter
            aria-label={t(label)}
            value={used}
            max={most}
            high={most * 0.9}
            className="mt-1 h-1.5 w-full"
          />
        </div>
      ))}
      <p className="flex justify-between">
        <span>{t("settings.limitCampaigns")}</span> <bdi>{format.number(found.limits.campaigns)}</bdi>
      </p>
      <p className="flex justify-between">
        <span>{t("settings.limitEvents")}</span> <bdi>{format.number(found.limits.events_per_second)}</bdi>
      </p>
    </div>
  );
}
