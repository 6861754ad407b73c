import { useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";
import { exportSchedules } from "../../api/exports";
import { useFormat, useTexts } from "../../app/texts";
import { Button } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Asked, Badge, Empty, ErrorNote, Panel } from "../../ui/panel";
import { useAct } from "../../ui/use-act";

type Schedule = Schemas["ExportScheduleItem"];

/** Exports that are made again and again. */
export function Schedules() {
  const t = useTexts();
  const format = useFormat();
  const query = useQuery(exportSchedules());
  return (
    <Panel title={t("schedules.title")} note={t("schedules.note")}>
      <Asked query={query} lines={2}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("schedules.none")} />
          ) : (
            <DataTable
              label={t("schedules.title")}
              rows={rows}
              keyOf={(row) => row.id}
              columns={[
                {
                  key: "name",
                  label: t("field.name"),
                  cell: (row) => (
                    <>
                      <bdi>{row.name}</bdi>
                      <span className="block text-note font-normal text-ink-3">
                        {t(`exportType.${row.type}` as never)} {row.format.toUpperCase()} ·{" "}
                        {t(`repeat.${row.repeat}`)}
                      </span>
                    </>
                  ),
                },
                {
                  key: "next",
                  label: t("connectors.next"),
                  hide: "sm",
                  cell: (row) =>
                    row.enabled ? (
                      <bdi>{format.instant(row.next_at)}</bdi>
                    ) : (
                      <Badge>{t("schedules.rests")}</Badge>
                    ),
                },
                { key: "act", label: "", isEnd: true, cell: (row) => <Actions row={row} /> },
              ]}
            />
          )
        }
      </Asked>
    </Panel>
  );
}

function Actions({ row }: { row: Schedule }) {
  const t = useTexts();
  const client = useQueryClient();
  const { act, error, isBusy } = useAct();
  const params = { path: { id: row.id } };
  const renew = () => client.invalidateQueries({ queryKey: exportSchedules().queryKey });
  const turn = async () => {
    const body = { enabled: !row.enabled };
    await answer(api.PATCH("/api/v1/analytics/export/schedules/{id}", { params, body }));
    await renew();
  };
  const remove = async () => {
    await answer(api.DELETE("/api/v1/analytics/export/schedules/{id}", { params }));
    await renew();
  };
  return (
    <div className="flex flex-col items-end gap-2">
      <div className="flex gap-2">
        <Button isDisabled={isBusy} onPress={() => act(turn)}>
          {t(row.enabled ? "schedules.rest" : "schedules.goOn")}
        </Button>
        <Button kind="quiet" isDisabled={isBusy} onPress={() => act(remove)}>
          {t("action.remove")}
        </Button>
      </div>
      {error ? <ErrorNote error={error} /> : null}
    </div>
  );
}
