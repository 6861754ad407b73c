import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { rules } from "../../api/rules";
import { useMay } from "../../app/me";
import { useFormat, useTexts } from "../../app/texts";
import { Ago } from "../../ui/ago";
import { Button } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Dialog } from "../../ui/dialog";
import { Form } from "../../ui/form";
import { Asked, Badge, Empty, ErrorNote, Panel, Waiting } from "../../ui/panel";
import { PageHead } from "../../ui/toolbar";
import { useAct } from "../../ui/use-act";
import { Executions } from "./executions";
import { useRuleWords } from "./words";

type Rule = Schemas["RuleItem"];

const Editor = lazy(() => import("./editor").then((part) => ({ default: part.RuleEditor })));

/** Rules over campaigns, and what they did. */
export function RulesPage() {
  const t = useTexts();
  const mayWrite = useMay("rules.write");
  const query = useQuery(rules());
  const [edited, setEdited] = useState<Rule | "new" | null>(null);
  const [ended, setEnded] = useState<Rule | null>(null);
  const close = () => setEdited(null);
  return (
    <>
      <PageHead title={t("nav.rules")} />
      <div className="flex flex-col gap-4">
        <Panel
          title={t("rules.title")}
          note={t("rules.note")}
          aside={
            mayWrite ? (
              <Button kind="primary" onPress={() => setEdited("new")}>
                {t("rules.new")}
              </Button>
            ) : null
          }
        >
          <Asked query={query}>
            {(rows) =>
              rows.length === 0 ? (
                <Empty title={t("rules.none")}>{t("rules.noneHelp")}</Empty>
              ) : (
                <Rules rows={rows} onEdit={setEdited} onEnd={setEnded} />
              )
            }
          </Asked>
        </Panel>
        <Executions />
      </div>
      <Dialog
        title={edited === "new" ? t("rules.new") : (edited?.name ?? "")}
        isOpen={edited !== null}
        onClose={close}
        isWide
      >
        {edited ? (
          <Suspense fallback={<Waiting lines={6} />}>
            <Editor rule={edited === "new" ? null : edited} onDone={close} />
          </Suspense>
        ) : null}
      </Dialog>
      <Dialog title={t("rules.delete")} isOpen={ended !== null} onClose={() => setEnded(null)}>
        {ended ? <DeleteRule rule={ended} onDone={() => setEnded(null)} /> : null}
      </Dialog>
    </>
  );
}

function Rules({
  rows,
  onEdit,
  onEnd,
}: {
  rows: Rule[];
  onEdit: (rule: Rule) => void;
  onEnd: (rule: Rule) => void;
}) {
  const t = useTexts();
  const mayWrite = useMay("rules.write");
  const { condition, action } = useRuleWords();
  return (
    <DataTable
      label={t("rules.title")}
      rows={rows}
      keyOf={(rule) => rule.id}
      columns={[
        {
          key: "name",
          label: t("field.name"),
          cell: (rule) => (
            <>
              <bdi className="whitespace-normal">{rule.name}</bdi>
              <span className="block text-note font-normal whitespace-normal text-ink-3">
                <bdi>{condition(rule.condition)}</bdi>
              </span>
              <span className="block text-note font-normal whitespace-normal text-ink-3">
                <bdi>{rule.actions.map(action).join(" · ")}</bdi>
              </span>
            </>
          ),
        },
        { key: "found", label: t("rules.found"), hide: "sm", cell: (rule) => <Found rule={rule} /> },
        ...(mayWrite
          ? [
              {
                key: "act",
                label: "",
                isEnd: true,
                cell: (rule: Rule) => (
                  <Actions rule={rule} onEdit={() => onEdit(rule)} onEnd={() => onEnd(rule)} />
                ),
              },
            ]
          : []),
      ]}
    />
  );
}

/** What the last look found. */
function Found({ rule }: { rule: Rule }) {
  const t = useTexts();
  const format = useFormat();
  const { campaigns } = rule;
  return (
    <>
      {rule.enabled ? null : <Badge>{t("schedules.rests")}</Badge>}
      {rule.firing > 0 ? (
        <Badge kind="warn">
          {t("rules.firing", { count: rule.firing, shown: format.number(rule.firing) })}
        </Badge>
      ) : null}
      {rule.error ? (
        <span className="block text-note text-bad">{rule.error}</span>
      ) : rule.evaluated_at ? (
        <span className="block text-note text-ink-3">
          {t("rules.counts", {
            true: format.number(campaigns.true),
            false: format.number(campaigns.false),
            unknown: format.number(campaigns.unknown),
          })}{" "}
          <Ago at={rule.evaluated_at} />
        </span>
      ) : (
        <span className="block text-note text-ink-3">{t("rules.notYet")}</span>
      )}
    </>
  );
}

function Actions({ rule, onEdit, onEnd }: { rule: Rule; onEdit: () => void; onEnd: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const { act, error, isBusy } = useAct();
  const turn = async () => {
    const params = { path: { id: rule.id } };
    await answer(api.PATCH("/api/v1/rules/{id}", { params, body: { enabled: !rule.enabled } }));
    await client.invalidateQueries({ queryKey: ["rules"] });
  };
  return (
    <div className="flex flex-col items-end gap-2">
      <div className="flex flex-wrap justify-end gap-2">
        <Button onPress={onEdit}>{t("rules.edit")}</Button>
        <Button isDisabled={isBusy} onPress={() => act(turn)}>
          {t(rule.enabled ? "schedules.rest" : "schedules.goOn")}
        </Button>
        <Button kind="quiet" onPress={onEnd}>
          {t("action.remove")}
        </Button>
      </div>
      {error ? <ErrorNote error={error} /> : null}
    </div>
  );
}

function DeleteRule({ rule, onDone }: { rule: Rule; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const send = async () => {
    await answer(api.DELETE("/api/v1/rules/{id}", { params: { path: { id: rule.id } } }));
    await client.invalidateQueries({ queryKey: ["rules"] });
    onDone();
  };
  return (
    <Form action={t("rules.delete")} send={send} onCancel={onDone} isDanger>
      <p>{t("rules.deleteHelp", { name: rule.name })}</p>
    </Form>
  );
}
