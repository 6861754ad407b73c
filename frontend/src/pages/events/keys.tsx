import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, dataOf, type Schemas } from "../../api/client";
import { apiKeys, datasets } from "../../api/setup";
import { useMay } from "../../app/me";
import { useTexts } from "../../app/texts";
import { Ago } from "../../ui/ago";
import { Button } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Dialog } from "../../ui/dialog";
import { Choose } from "../../ui/field";
import { Form } from "../../ui/form";
import { Asked, Badge, Empty, Note, Panel } from "../../ui/panel";
import { Code } from "../../ui/secret";
import { Field } from "../../ui/text-field";
import { tell } from "../../ui/toast";

type Key = Schemas["ApiKeyItem"];

const SCOPES: Schemas["ApiKeyScope"][] = ["ingest", "read", "export", "export_identifiers"];

/** What opens the door for programs. */
export function Keys() {
  const t = useTexts();
  const mayWrite = useMay("integrations.write");
  const query = useQuery(apiKeys());
  const [isMaking, setMaking] = useState(false);
  const [ended, setEnded] = useState<Key | null>(null);
  const [renamed, setRenamed] = useState<Key | null>(null);
  return (
    <Panel
      title={t("events.keys")}
      note={t("keys.note")}
      aside={
        mayWrite ? (
          <Button kind="primary" onPress={() => setMaking(true)}>
            {t("keys.new")}
          </Button>
        ) : null
      }
    >
      <Asked query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("keys.none")} />
          ) : (
            <DataTable
              label={t("events.keys")}
              rows={rows}
              keyOf={(row) => row.id}
              columns={[
                {
                  key: "name",
                  label: t("field.name"),
                  cell: (row) => (
                    <>
                      <bdi>{row.name}</bdi>{" "}
                      <code className="block font-normal text-ink-3">
                        <bdi>…{row.hint}</bdi>
                      </code>
                    </>
                  ),
                },
                { key: "scope", label: t("keys.scope"), cell: (row) => t(`scope.${row.scope}`) },
                {
                  key: "dataset",
                  label: t("events.dataset"),
                  hide: "sm",
                  cell: (row) => <bdi>{row.dataset_id ?? t("keys.everyDataset")}</bdi>,
                },
                {
                  key: "used",
                  label: t("keys.used"),
                  cell: (row) => (row.last_used_at ? <Ago at={row.last_used_at} /> : t("keys.never")),
                },
                {
                  key: "act",
                  label: "",
                  isEnd: true,
                  cell: (row) =>
                    row.revoked_at ? (
                      <Badge>{t("keys.revoked")}</Badge>
                    ) : mayWrite ? (
                      <span className="inline-flex gap-2">
                        <Button onPress={() => setRenamed(row)}>{t("action.rename")}</Button>
                        <Button kind="danger" onPress={() => setEnded(row)}>
                          {t("keys.revoke")}
                        </Button>
                      </span>
                    ) : null,
                },
              ]}
            />
          )
        }
      </Asked>
      <Dialog title={t("keys.new")} isOpen={isMaking} onClose={() => setMaking(false)}>
        <NewKey />
      </Dialog>
      <Dialog title={t("action.rename")} isOpen={renamed !== null} onClose={() => setRenamed(null)}>
        {renamed ? <Rename row={renamed} onDone={() => setRenamed(null)} /> : null}
      </Dialog>
      <Dialog title={t("keys.revoke")} isOpen={ended !== null} onClose={() => setEnded(null)}>
        {ended ? <Revoke row={ended} onDone={() => setEnded(null)} /> : null}
      </Dialog>
    </Panel>
  );
}

function NewKey() {
  const t = useTexts();
  const client = useQueryClient();
  const mayIdentify = useMay("identifiers.export");
  const known = useQuery(datasets());
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Schemas["ApiKeyScope"]>("ingest");
  const [dataset, setDataset] = useState("every");
  const [made, setMade] = useState<Schemas["NewApiKeyResponse"] | null>(null);
  const send = async () => {
    const chosen = known.data?.find(({ id }) => id === dataset);
    const body = {
      name,
      scope,
      ...(chosen && scope === "ingest" ? { dataset_id: chosen.external_id, platform: chosen.platform } : {}),
    };
    setMade(await dataOf(api.POST("/api/v1/api-keys", { body })));
    await client.invalidateQueries({ queryKey: apiKeys().queryKey });
  };
  if (made) {
    return (
      <div className="flex flex-col gap-3">
        <Note kind="warn">{t("keys.once")}</Note>
        <Code text={made.key} label={t("keys.key")} />
      </div>
    );
  }
  return (
    <Form action={t("keys.create")} send={send}>
      <Field name="name" label={t("field.name")} value={name} onChange={setName} isRequired autoFocus />
      <Choose
        label={t("keys.scope")}
        value={scope}
        options={SCOPES.filter((key) => key !== "export_identifiers" || mayIdentify).map((key) => ({
          key,
          label: t(`scope.${key}`),
        }))}
        onChange={setScope}
      />
      {scope === "ingest" ? (
        <Choose
          label={t("events.dataset")}
          value={dataset}
          options={[
            { key: "every", label: t("keys.everyDataset") },
            ...(known.data ?? []).map(({ id, name: label }) => ({ key: id, label })),
          ]}
          onChange={setDataset}
        />
      ) : null}
    </Form>
  );
}

function Rename({ row, onDone }: { row: Key; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const [name, setName] = useState(row.name);
  const send = async () => {
    const params = { path: { id: row.id } };
    await answer(api.PATCH("/api/v1/api-keys/{id}", { params, body: { name } }));
    await client.invalidateQueries({ queryKey: apiKeys().queryKey });
    onDone();
  };
  return (
    <Form action={t("action.save")} send={send}>
      <Field name="name" label={t("field.name")} value={name} onChange={setName} isRequired autoFocus />
    </Form>
  );
}

function Revoke({ row, onDone }: { row: Key; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const send = async () => {
    await answer(api.DELETE("/api/v1/api-keys/{id}", { params: { path: { id: row.id } } }));
    await client.invalidateQueries({ queryKey: apiKeys().queryKey });
    tell(t("keys.done", { name: row.name }));
    onDone();
  };
  return (
    <Form action={t("keys.revoke")} send={send} onCancel={onDone} isDanger>
      <p>{t("keys.revokeHelp", { name: row.name })}</p>
    </Form>
  );
}
