import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, type Schemas } from "../../api/client";
import { useTexts } from "../../app/texts";
import { Form } from "../../ui/form";
import { tell } from "../../ui/toast";
import { ZoneAndCurrency } from "../../ui/zone-and-currency";

const BROWSER_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** First of all, as days count by it from the first event on. */
export function ZoneStep({ found }: { found: Schemas["TenantItem"] }) {
  const t = useTexts();
  const client = useQueryClient();
  const isNew = found.time_zone === "UTC";
  const [zone, setZone] = useState(isNew ? BROWSER_ZONE : found.time_zone);
  const [currency, setCurrency] = useState(found.reporting_currency);
  const send = async () => {
    await dataOf(api.PATCH("/api/v1/tenant", { body: { time_zone: zone, reporting_currency: currency } }));
    await client.invalidateQueries();
    tell(t("settings.saved"));
  };
  return (
    <Form action={t("action.save")} send={send}>
      <p className="text-control text-ink-2">{t("start.zoneHelp")}</p>
      <ZoneAndCurrency zone={zone} currency={currency} onZone={setZone} onCurrency={setCurrency} />
    </Form>
  );
}
