import { now, parseAbsolute, parseDateTime, toCalendarDateTime, toZoned } from "@internationalized/date";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../../api/client";
import { type Destination, destinations } from "../../api/destinations";
import { useMe } from "../../app/me";
import { useFormat, useTexts } from "../../app/texts";
import { Form } from "../../ui/form";
import { Field } from "../../ui/text-field";
import { tell } from "../../ui/toast";

const MINUTE = "YYYY-MM-DDTHH:MM".length;

/** Sends the events of a stretch of time once more. */
export function Replay({ row, onDone }: { row: Destination; onDone: () => void }) {
  const t = useTexts();
  const format = useFormat();
  const client = useQueryClient();
  const { tenant } = useMe();
  const zone = tenant.time_zone;
  const [from, setFrom] = useState(() => {
    const [hourAgo, made] = [now(zone).subtract({ hours: 1 }), parseAbsolute(row.since, zone)];
    const later = hourAgo.compare(made) > 0 ? hourAgo : made;
    return toCalendarDateTime(later).toString().slice(0, MINUTE);
  });
  const [to, setTo] = useState("");
  const instant = (local: string) => toZoned(parseDateTime(local), zone).toDate();
  const send = async () => {
    // Of the minute in which the destination was made, only what came after it.
    const begin = instant(from);
    const made = new Date(row.since);
    const isSameMinute = begin < made && made.getTime() - begin.getTime() < 60_000;
    const body = {
      from: (isSameMinute ? made : begin).toISOString(),
      ...(to ? { to: instant(to).toISOString() } : {}),
    };
    const params = { path: { id: row.id } };
    const asked = await dataOf(api.POST("/api/v1/destinations/{id}/replay", { params, body }));
    await client.invalidateQueries({ queryKey: ["delivery", row.id] });
    await client.invalidateQueries({ queryKey: destinations().queryKey });
    tell(t("replay.asked", { from: format.instant(asked.from), to: format.instant(asked.to) }));
    onDone();
  };
  return (
    <Form action={t("replay.send")} send={send} onCancel={onDone} isDisabled={from === ""}>
      <p className="text-control text-ink-2">
        {t("replay.help", { platform: t(`platform.${row.platform}`), name: row.name })}
      </p>
      <Field
        name="from"
        type="datetime-local"
        label={t("replay.from", { zone })}
        help={t("replay.fromHelp", { since: format.instant(row.since) })}
        value={from}
        onChange={setFrom}
        isRequired
        ltr
      />
      <Field
        name="to"
        type="datetime-local"
        label={t("replay.to", { zone })}
        help={t("replay.toHelp")}
        value={to}
        onChange={setTo}
        ltr
      />
    </Form>
  );
}
