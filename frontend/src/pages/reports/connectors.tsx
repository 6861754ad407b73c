import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, dataOf, type Schemas } from "../../api/client";
import { SELDOM_MS } from "../../api/queries";
import { connectors } from "../../api/setup";
import { useMay } from "../../app/me";
import { useFormat, useTexts } from "../../app/texts";
import { Ago } from "../../ui/ago";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Form } from "../../ui/form";
import { Asked, Badge, Empty, ErrorNote, Note, Panel } from "../../ui/panel";
import { tell } from "../../ui/toast";
import { Backfill } from "./backfill";
import { ClosedAccounts } from "./closed-accounts";
import { ConnectorForm } from "./connector-form";
import { Runs } from "./runs";

type Connector = Schemas["ConnectorItem"];

const KINDS = {
  unverified: "plain",
  working: "good",
  partial: "warn",
  throttled: "warn",
  failing: "bad",
  needs_credentials: "bad",
  paused: "plain",
} as const;

/** What asks the platforms for their reports, and how that goes. */
export function Connectors() {
  const t = useTexts();
  const mayWrite = useMay("integrations.write");
  const query = useQuery({ ...connectors(), refetchInterval: SELDOM_MS });
  const [isMaking, setMaking] = useState(false);
  return (
    <>
      <div className="mb-3 flex justify-end">
        {mayWrite ? (
          <Button kind="primary" onPress={() => setMaking(true)}>
            {t("connectors.new")}
          </Button>
        ) : null}
      </div>
      <Asked query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <Panel title={t("reports.connectors")}>
              <Empty title={t("connectors.none")}>{t("connectors.noneHelp")}</Empty>
            </Panel>
          ) : (
            <ul className="flex flex-col gap-3">
              {rows.map((row) => (
                <li key={row.id}>
                  <ConnectorCard row={row} mayWrite={mayWrite} />
                </li>
              ))}
            </ul>
          )
        }
      </Asked>
      <Dialog title={t("connectors.new")} isOpen={isMaking} onClose={() => setMaking(false)}>
        <ConnectorForm onDone={() => setMaking(false)} />
      </Dialog>
    </>
  );
}

type Open = "runs" | "change" | "backfill" | "delete" | null;

function ConnectorCard({ row, mayWrite }: { row: Connector; mayWrite: boolean }) {
  const t = useTexts();
  const format = useFormat();
  const client = useQueryClient();
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const path = { params: { path: { id: row.id } } };
  const trial = useMutation({ mutationFn: () => dataOf(api.POST("/api/v1/connectors/{id}/test", path)) });
  const pull = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/connectors/{id}/pull", path)),
    onSuccess: () => {
      tell(t("connectors.pulling", { name: row.name }));
      void client.invalidateQueries({ queryKey: ["pullRuns", row.id] });
    },
  });
  const facts = [
    [t("connectors.schedule"), t(`schedule.${row.schedule}`)],
    [t("connectors.until"), format.day(row.pulled_to)],
    [
      t("connectors.last"),
      row.last_success_at ? <Ago key="last" at={row.last_success_at} /> : t("keys.never"),
    ],
    [t("connectors.next"), row.next_run_at ? format.instant(row.next_run_at) : "–"],
  ] as const;
  return (
    <Panel
      title={
        <span className="flex flex-wrap items-center gap-2">
          <bdi>{row.name}</bdi> <Badge kind={KINDS[row.status]}>{t(`connector.${row.status}`)}</Badge>
        </span>
      }
      note={`${t(`platform.${row.platform}` as never)} · ${row.account_ids.join(", ") || t("connectors.everyAccount")}`}
      aside={
        <>
          <Button kind="quiet" onPress={() => setOpen("runs")}>
            {t("connectors.runs")}
          </Button>
          {mayWrite ? (
            <>
              <Button isPending={trial.isPending} onPress={() => trial.mutate()}>
                {t("connectors.test")}
              </Button>
              <Button isPending={pull.isPending} onPress={() => pull.mutate()}>
                {t("connectors.pull")}
              </Button>
              <Button onPress={() => setOpen("backfill")}>{t("connectors.backfill")}</Button>
              <Button onPress={() => setOpen("change")}>{t("datasets.change")}</Button>
              <Button kind="danger" onPress={() => setOpen("delete")}>
                {t("action.remove")}
              </Button>
            </>
          ) : null}
        </>
      }
    >
      <dl className="grid grid-cols-2 gap-3 text-control md:grid-cols-4">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="text-note text-ink-3">{name}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {row.last_error ? (
        <Note kind="bad" className="mt-3">
          {row.last_error}
        </Note>
      ) : null}
      <ClosedAccounts accounts={row.closed_accounts} />
      {trial.error ? <ErrorNote error={trial.error} /> : null}
      {pull.error ? <ErrorNote error={pull.error} /> : null}
      {trial.data ? <TrialNote trial={trial.data} /> : null}
      <Dialog title={t("connectors.runs")} isOpen={open === "runs"} onClose={close} isWide>
        <Runs connector={row.id} mayWrite={mayWrite} />
      </Dialog>
      <Dialog title={row.name} isOpen={open === "change"} onClose={close}>
        <ConnectorForm row={row} onDone={close} />
      </Dialog>
      <Dialog title={t("connectors.backfill")} isOpen={open === "backfill"} onClose={close}>
        <Backfill connector={row} onDone={() => setOpen("runs")} />
      </Dialog>
      <Dialog title={t("action.remove")} isOpen={open === "delete"} onClose={close}>
        <Remove row={row} onDone={close} />
      </Dialog>
    </Panel>
  );
}

function TrialNote({ trial }: { trial: Schemas["Trial"] }) {
  const t = useTexts();
  if (!trial.works) {
    return (
      <>
        <Note kind="bad" className="mt-3">
          {trial.message ?? trial.error}
        </Note>
        <ClosedAccounts accounts={trial.closed_accounts} />
      </>
    );
  }
  return (
    <Note kind="good" className="mt-3">
      {t("connectors.works", { count: trial.accounts.length })}
      <ul>
        {trial.accounts.map((one) => (
          <li key={one.account_id}>
            <bdi>
              {one.name} ({one.account_id}), {one.currency}, {one.time_zone}
            </bdi>
          </li>
        ))}
      </ul>
    </Note>
  );
}

function Remove({ row, onDone }: { row: Connector; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const send = async () => {
    await answer(api.DELETE("/api/v1/connectors/{id}", { params: { path: { id: row.id } } }));
    await client.invalidateQueries({ queryKey: connectors().queryKey });
    onDone();
  };
  return (
    <Form action={t("action.remove")} send={send} onCancel={onDone} isDanger>
      <p>{t("connectors.removeHelp", { name: row.name })}</p>
    </Form>
  );
}
