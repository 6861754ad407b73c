import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { type Destination, deadLetters } from "../../api/destinations";
import { useFormat, useTexts } from "../../app/texts";
import { DataTable } from "../../ui/data-table";
import { Asked, Empty, Panel } from "../../ui/panel";
import { adviceOf } from "./advice";

type Letter = Schemas["DeadLetterItem"];

/** Events that the platform refused for good, by its code, and what each code asks one to do. */
export function DeadLetters({ row }: { row: Destination }) {
  const t = useTexts();
  const query = useQuery(deadLetters(row.id));
  return (
    <Panel title={t("delivery.letters")} note={t("letters.note")}>
      <Asked query={query} lines={6}>
        {(letters) =>
          letters.length === 0 ? (
            <Empty title={t("letters.none")} />
          ) : (
            <ul className="flex flex-col gap-3">
              {[...Map.groupBy(letters, ({ code }) => code)].map(([code, alike], at) => (
                <li key={code}>
                  <Alike row={row} code={code} letters={alike} isOpen={at === 0} />
                </li>
              ))}
            </ul>
          )
        }
      </Asked>
    </Panel>
  );
}

interface AlikeProps {
  row: Destination;
  code: string;
  letters: Letter[];
  isOpen: boolean;
}

function Alike({ row, code, letters, isOpen }: AlikeProps) {
  const t = useTexts();
  const format = useFormat();
  // As it was at first: what comes later must not close what one reads.
  const [isOpenAtFirst] = useState(isOpen);
  const advice = adviceOf(row.platform, code);
  const message = letters.find((one) => one.message)?.message;
  const count = letters.reduce((sum, { rows }) => sum + rows.length, 0);
  return (
    <details open={isOpenAtFirst} className="rounded-sm border border-line px-3 py-2">
      <summary className="cursor-pointer text-control">
        <code className="font-semibold">
          <bdi>{code || "–"}</bdi>
        </code>{" "}
        <bdi className="whitespace-normal">{message}</bdi>{" "}
        <span className="text-ink-3">{t("letters.count", { count, shown: format.number(count) })}</span>
      </summary>
      {advice ? <p className="mt-2 max-w-prose text-control text-ink-2">{t(advice)}</p> : null}
      <div className="mt-2">
        <DataTable
          label={code}
          rows={letters}
          keyOf={(one) => [one.record, one.rows[0], one.trace_id].join(" ")}
          columns={[
            {
              key: "field",
              label: t("letters.field"),
              cell: ({ field }) =>
                field ? (
                  <code>
                    <bdi>{field}</bdi>
                  </code>
                ) : (
                  <span className="font-normal text-ink-3">{t("letters.noField")}</span>
                ),
            },
            {
              key: "events",
              label: t("delivery.count"),
              isEnd: true,
              cell: ({ rows }) => <bdi>{format.number(rows.length)}</bdi>,
            },
            {
              key: "tries",
              label: t("delivery.tries"),
              isEnd: true,
              hide: "sm",
              cell: ({ tries }) => <bdi>{format.number(tries)}</bdi>,
            },
            {
              key: "until",
              label: t("letters.until"),
              isEnd: true,
              cell: ({ replayable_until }) => <bdi>{format.instant(replayable_until)}</bdi>,
            },
            {
              key: "trace",
              label: t("delivery.trace"),
              isEnd: true,
              hide: "md",
              cell: ({ trace_id }) => <bdi>{trace_id || "–"}</bdi>,
            },
          ]}
        />
      </div>
    </details>
  );
}
