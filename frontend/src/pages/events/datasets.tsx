import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { datasets, tracking, trackingVersions } from "../../api/setup";
import { useMay } from "../../app/me";
import { useTexts } from "../../app/texts";
import { platformText } from "../../figures/platform";
import { Ago } from "../../ui/ago";
import { Amount } from "../../ui/amount";
import { Button } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Dialog } from "../../ui/dialog";
import { Form } from "../../ui/form";
import { NewDataset } from "../../ui/new-dataset";
import { Asked, Badge, Empty, Panel } from "../../ui/panel";
import { Field } from "../../ui/text-field";
import { Tick } from "../../ui/tick";
import { tell } from "../../ui/toast";

type Tracking = Schemas["DatasetTracking"];

/** Where events go, and how they are treated there. */
export function Datasets() {
  const t = useTexts();
  const mayWrite = useMay("integrations.write");
  const query = useQuery(tracking());
  const known = useQuery(datasets());
  const isArchived = (id: string) =>
    known.data?.some((one) => one.id === id && one.archived_at != null) ?? false;
  const [isMaking, setMaking] = useState(false);
  const [changed, setChanged] = useState<Tracking | null>(null);
  return (
    <Panel
      title={t("events.datasets")}
      note={t("datasets.note")}
      aside={
        mayWrite ? (
          <Button kind="primary" onPress={() => setMaking(true)}>
            {t("datasets.new")}
          </Button>
        ) : null
      }
    >
      <Asked query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("datasets.none")} />
          ) : (
            <DataTable
              label={t("events.datasets")}
              rows={rows}
              keyOf={(row) => row.dataset_id}
              columns={[
                {
                  key: "name",
                  label: t("field.name"),
                  cell: (row) => (
                    <>
                      <bdi>{row.name}</bdi>{" "}
                      {isArchived(row.dataset_id) ? (
                        <Badge kind="warn">{t("datasets.archived")}</Badge>
                      ) : null}
                      <span className="block text-note font-normal text-ink-3">
                        {t(platformText(row.platform, row.external_id))} <bdi>{row.external_id}</bdi>
                      </span>
                    </>
                  ),
                },
                {
                  key: "calling",
                  label: t("datasets.calling"),
                  cell: (row) =>
                    row.default_calling_code ? (
                      <bdi>+{row.default_calling_code}</bdi>
                    ) : (
                      <span className="text-ink-3">{t("datasets.noCalling")}</span>
                    ),
                },
                {
                  key: "version",
                  label: t("datasets.version"),
                  hide: "sm",
                  cell: (row) => <bdi>{row.version}</bdi>,
                },
                {
                  key: "at",
                  label: t("datasets.changed"),
                  hide: "sm",
                  cell: (row) => <Ago at={row.changed_at} />,
                },
                {
                  key: "act",
                  label: "",
                  isEnd: true,
                  cell: (row) => (
                    <Button onPress={() => setChanged(row)}>
                      {t(mayWrite ? "datasets.change" : "datasets.look")}
                    </Button>
                  ),
                },
              ]}
            />
          )
        }
      </Asked>
      <Dialog title={t("datasets.new")} isOpen={isMaking} onClose={() => setMaking(false)}>
        <NewDataset onDone={() => setMaking(false)} />
      </Dialog>
      <Dialog title={changed?.name ?? ""} isOpen={changed !== null} onClose={() => setChanged(null)}>
        {changed ? (
          <>
            {mayWrite ? (
              <Naming
                row={changed}
                isArchived={isArchived(changed.dataset_id)}
                onDone={() => setChanged(null)}
              />
            ) : null}
            <Treatment row={changed} mayWrite={mayWrite} onDone={() => setChanged(null)} />
          </>
        ) : null}
      </Dialog>
    </Panel>
  );
}

/** The name of a dataset, and whether it takes anything in. */
function Naming({ row, isArchived, onDone }: { row: Tracking; isArchived: boolean; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const [name, setName] = useState(row.name);
  const [archived, setArchived] = useState(isArchived);
  const send = async () => {
    const params = { path: { dataset: row.dataset_id } };
    await answer(api.PATCH("/api/v1/datasets/{dataset}", { params, body: { name, archived } }));
    await Promise.all([
      client.invalidateQueries({ queryKey: tracking().queryKey }),
      client.invalidateQueries({ queryKey: datasets().queryKey }),
    ]);
    tell(t("datasets.renamed", { name }));
    onDone();
  };
  return (
    <div className="mb-4 border-b border-line pb-4">
      <Form action={t("action.save")} send={send}>
        <Field name="name" label={t("field.name")} value={name} onChange={setName} isRequired />
        <Tick isSelected={archived} onChange={setArchived}>
          {t("datasets.archive")}
        </Tick>
        <p className="text-note text-ink-3">{t("datasets.archiveHelp")}</p>
      </Form>
    </div>
  );
}

/** Each change is a new version; events carry the one they were treated with. */
function Treatment({ row, mayWrite, onDone }: { row: Tracking; mayWrite: boolean; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const [code, setCode] = useState<number | null>(row.default_calling_code ?? null);
  const versions = useQuery(trackingVersions(row.dataset_id));
  const send = async () => {
    const body = { default_calling_code: code, expected_version: row.version };
    await answer(
      api.PATCH("/api/v1/tracking/{dataset}", { params: { path: { dataset: row.dataset_id } }, body }),
    );
    await client.invalidateQueries({ queryKey: tracking().queryKey });
    tell(t("datasets.saved"));
    onDone();
  };
  return (
    <div className="flex flex-col gap-4">
      {mayWrite ? (
        <Form action={t("action.save")} send={send}>
          <Amount
            name="default_calling_code"
            label={t("datasets.calling")}
            help={t("datasets.callingHelp")}
            value={code}
            onChange={setCode}
            min={1}
            max={999}
          />
        </Form>
      ) : null}
      <section>
        <h3 className="mb-1 font-semibold">{t("datasets.versions")}</h3>
        <Asked query={versions} lines={2}>
          {(found) => (
            <ol className="text-control">
              {found.map((one, at) => {
                const before = found[at + 1];
                return (
                  <li key={one.version} className="flex justify-between gap-3 border-t border-line py-1.5">
                    <span>
                      <bdi>{one.version}</bdi> · {t("datasets.calling")}:{" "}
                      {before ? (
                        <bdi className="text-ink-3">
                          {before.default_calling_code ? `+${before.default_calling_code}` : "–"} →{" "}
                        </bdi>
                      ) : null}
                      <bdi>{one.default_calling_code ? `+${one.default_calling_code}` : "–"}</bdi>
                    </span>
                    <Ago at={one.changed_at} />
                  </li>
                );
              })}
            </ol>
          )}
        </Asked>
      </section>
    </div>
  );
}
