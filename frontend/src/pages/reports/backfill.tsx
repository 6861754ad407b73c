import { today } from "@internationalized/date";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, type Schemas } from "../../api/client";
import { useMe } from "../../app/me";
import { useTexts } from "../../app/texts";
import { Form } from "../../ui/form";
import { Field } from "../../ui/text-field";

/** Asks the platform for past days again. */
export function Backfill({ connector, onDone }: { connector: Schemas["ConnectorItem"]; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const { tenant } = useMe();
  const now = today(tenant.time_zone);
  const [from, setFrom] = useState(now.subtract({ days: 90 }).toString());
  const [to, setTo] = useState(now.subtract({ days: 1 }).toString());
  const send = async () => {
    await dataOf(
      api.POST("/api/v1/connectors/{id}/backfill", {
        params: { path: { id: connector.id } },
        body: { date_from: from, date_to: to },
      }),
    );
    await client.invalidateQueries({ queryKey: ["pullRuns", connector.id] });
    onDone();
  };
  return (
    <Form action={t("connectors.backfill")} send={send}>
      <p className="text-control text-ink-2">{t("backfill.help")}</p>
      <div className="flex gap-3">
        <Field
          name="date_from"
          type="date"
          label={t("chart.from")}
          value={from}
          onChange={setFrom}
          isRequired
          className="flex-1"
        />
        <Field
          name="date_to"
          type="date"
          label={t("chart.to")}
          value={to}
          onChange={setTo}
          isRequired
          className="flex-1"
        />
      </div>
    </Form>
  );
}
