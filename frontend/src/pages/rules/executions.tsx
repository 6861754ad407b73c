import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ruleExecutions } from "../../api/rules";
import { carried } from "../../app/search";
import { useTexts } from "../../app/texts";
import { Ago } from "../../ui/ago";
import { DataTable } from "../../ui/data-table";
import { Asked, Badge, Empty, Panel } from "../../ui/panel";
import { SeenValues, useRuleWords } from "./words";

const LOOKS = {
  done: "good",
  unchanged: "plain",
  refused: "bad",
  capped: "warn",
  needs_connector: "warn",
} as const;

/** What rules did, with the values that they saw. */
export function Executions() {
  const t = useTexts();
  const { action } = useRuleWords();
  const query = useQuery(ruleExecutions());
  return (
    <Panel title={t("rules.executions")} note={t("rules.executionsNote")}>
      <Asked query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("rules.noExecutions")} />
          ) : (
            <DataTable
              label={t("rules.executions")}
              rows={rows}
              keyOf={(one) => one.id}
              columns={[
                {
                  key: "campaign",
                  label: t("rules.campaign"),
                  cell: (one) => (
                    <>
                      <Link
                        to="/campaigns/$id"
                        params={{ id: one.campaign_id }}
                        search={(old: object) => carried(old as never) as never}
                        className="text-accent"
                      >
                        <bdi className="whitespace-normal">{one.campaign_name ?? one.campaign_id}</bdi>
                      </Link>
                      <span className="block text-note font-normal text-ink-3">
                        <bdi>{one.rule_name}</bdi>
                      </span>
                    </>
                  ),
                },
                {
                  key: "action",
                  label: t("rules.action"),
                  cell: (one) => (
                    <>
                      {action(one.action)}{" "}
                      <Badge kind={LOOKS[one.outcome]}>{t(`rules.outcome.${one.outcome}`)}</Badge>
                    </>
                  ),
                },
                {
                  key: "seen",
                  label: t("rules.seen"),
                  hide: "md",
                  cell: (one) => <SeenValues observed={one.observed} />,
                },
                { key: "at", label: t("rules.at"), isEnd: true, cell: (one) => <Ago at={one.executed_at} /> },
              ]}
            />
          )
        }
      </Asked>
    </Panel>
  );
}
