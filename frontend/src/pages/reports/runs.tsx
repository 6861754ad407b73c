import { useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";
import { pullRuns } from "../../api/queries";
import { useFormat, useTexts } from "../../app/texts";
import { Ago } from "../../ui/ago";
import { Button } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Asked, Badge, Empty } from "../../ui/panel";

type Run = Schemas["PullRunItem"];

const KINDS = {
  queued: "plain",
  running: "accent",
  waiting: "warn",
  done: "good",
  failed: "bad",
  cancelled: "plain",
} as const;
const POLL_MS = 2000;

/** The latest pulls, with how far each is. */
export function Runs({ connector, mayWrite }: { connector: string; mayWrite: boolean }) {
  const t = useTexts();
  const format = useFormat();
  const client = useQueryClient();
  const query = useQuery({ ...pullRuns(connector), refetchInterval: POLL_MS });
  const isOpen = (run: Run) => run.state === "queued" || run.state === "running" || run.state === "waiting";
  const cancel = async (run: Run) => {
    await answer(
      api.DELETE("/api/v1/connectors/{id}/runs/{run}", { params: { path: { id: connector, run: run.id } } }),
    );
    await client.invalidateQueries({ queryKey: ["pullRuns", connector] });
  };
  return (
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
                  </>
                ),
              },
              {
                key: "done",
                label: t("runs.done"),
                isEnd: true,
                cell: (run) => (
                  <bdi>
                    {format.number(run.days_done)} / {format.number(run.days_asked)}
                  </bdi>
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
                    <Button onPress={() => void cancel(run)}>{t("action.cancel")}</Button>
                  ) : null,
              },
            ]}
          />
        )
      }
    </Asked>
  );
}
