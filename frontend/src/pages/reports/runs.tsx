import { useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";
import { SELDOM_MS } from "../../api/queries";
import { pullRuns } from "../../api/setup";
import { useFormat, useTexts } from "../../app/texts";
import { Ago } from "../../ui/ago";
import { Button } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Asked, Badge, Empty, ErrorNote } from "../../ui/panel";
import { useAct } from "../../ui/use-act";
import { ClosedAccounts } from "./closed-accounts";

type Run = Schemas["PullRunItem"];

const KINDS = {
  queued: "plain",
  running: "accent",
  waiting: "warn",
  done: "good",
  failed: "bad",
  cancelled: "plain",
} as const;

/** The latest pulls, with how far each is. */
export function Runs({ connector, mayWrite }: { connector: string; mayWrite: boolean }) {
  const t = useTexts();
  const format = useFormat();
  const client = useQueryClient();
  const query = useQuery({ ...pullRuns(connector), refetchInterval: SELDOM_MS });
  const { act, error, isBusy } = useAct();
  const isOpen = (run: Run) => run.state === "queued" || run.state === "running" || run.state === "waiting";
  const cancel = async (run: Run) => {
    await answer(
      api.DELETE("/api/v1/connectors/{id}/runs/{run}", { params: { path: { id: connector, run: run.id } } }),
    );
    await client.invalidateQueries({ queryKey: ["pullRuns", connector] });
  };
  return (
    <>
      {error ? <ErrorNote error={error} /> : null}
      <Asked query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("runs.none")} />
          ) : (
            <DataTable
              label={t("connectors.runs")}
              rows={rows}
              keyOf={(run) => run.id}
              columns={[
                {
                  key: "days",
                  label: t("runs.days"),
                  cell: (run) => (
                    <>
                      <bdi>{format.days(run.date_from, run.date_to)}</bdi>
                      <span className="block text-note font-normal text-ink-3">
                        {t(`pull.${run.kind}`)} · <Ago at={run.created_at} />
                      </span>
                    </>
                  ),
                },
                {
                  key: "state",
                  label: t("runs.state"),
                  cell: (run) => (
                    <>
                      <Badge kind={KINDS[run.state]}>{t(`run.${run.state}`)}</Badge>
                      {run.not_before ? (
                        <span className="block text-note text-ink-3">
                          {t("runs.waits", { at: format.instant(run.not_before) })}
                        </span>
                      ) : null}
                      {run.error_message ? (
                        <span className="block text-note text-bad">{run.error_message}</span>
                      ) : null}
                      <ClosedAccounts accounts={run.closed_accounts} />
                      <Faults faults={run.faults} />
                    </>
                  ),
                },
                {
                  key: "done",
                  label: t("runs.done"),
                  isEnd: true,
                  cell: (run) => (
                    <>
                      <bdi>
                        {format.number(run.days_done)} / {format.number(run.days_asked)}
                      </bdi>
                      {isOpen(run) ? (
                        <progress
                          value={run.days_done}
                          max={Math.max(run.days_asked, 1)}
                          aria-label={t("runs.done")}
                          className="ms-auto mt-1 block h-1.5 w-20 accent-accent"
                        />
                      ) : null}
                    </>
                  ),
                },
                {
                  key: "rows",
                  label: t("refusals.rows"),
                  isEnd: true,
                  hide: "sm",
                  cell: (run) => (
                    <bdi>
                      {format.number(run.rows_taken)}
                      {run.rows_rejected > 0 ? ` (−${format.number(run.rows_rejected)})` : ""}
                    </bdi>
                  ),
                },
                {
                  key: "act",
                  label: "",
                  isEnd: true,
                  cell: (run) =>
                    mayWrite && isOpen(run) ? (
                      <Button isDisabled={isBusy} onPress={() => act(() => cancel(run))}>
                        {t("action.cancel")}
                      </Button>
                    ) : null,
                },
              ]}
            />
          )
        }
      </Asked>
    </>
  );
}

/** The first rows that broke a rule and were left out. */
function Faults({ faults }: { faults: Schemas["PullFault"][] }) {
  const t = useTexts();
  const format = useFormat();
  if (faults.length === 0) return null;
  return (
    <details className="mt-1 text-note">
      <summary className="cursor-pointer font-medium text-ink-2">{t("runs.faults")}</summary>
      <ul className="max-w-prose">
        {faults.map((one, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two rows may be wrong alike
          <li key={at} className="border-t border-line py-1 whitespace-normal">
            <bdi>
              {[
                one.account_id,
                one.campaign_id ? t("runs.faultCampaign", { campaign: one.campaign_id }) : "",
                one.date ? format.day(one.date) : "",
              ]
                .filter(Boolean)
                .join(" · ")}
            </bdi>{" "}
            {one.field ? (
              <code>
                <bdi>{one.field}</bdi>
              </code>
            ) : null}{" "}
            <bdi>{one.message}</bdi>
          </li>
        ))}
      </ul>
    </details>
  );
}
