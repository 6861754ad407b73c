import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { type FixesAsked, fixHistory, fixRun, fixSuggestions } from "../../api/fixes";
import type { View } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { Button } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Dialog } from "../../ui/dialog";
import { Choose } from "../../ui/field";
import { Asked, Badge, Empty, Panel } from "../../ui/panel";
import { figureOf, RunSteps, STATES, SuggestionSteps } from "./fix-steps";

type Suggestion = Schemas["FixSuggestion"];
type Run = Schemas["FixRunItem"];

/** A dataset whose events are scored. */
interface Dataset {
  platform: Schemas["Platform"];
  id: string;
}

function datasetsOf(events: Schemas["EventScore"][]): Dataset[] {
  const found = new Map<string, Dataset>();
  for (const { platform, dataset_id } of events)
    if (platform) found.set(`${platform}/${dataset_id}`, { platform, id: dataset_id });
  return [...found.values()];
}

/** What is wrong with a dataset's events and the fixes for it; what earlier fixes have brought. */
export function Fixes({ events, view }: { events: Schemas["EventScore"][]; view: View }) {
  const t = useTexts();
  const { fixes, fix } = useSearch({ strict: false }) as { fixes?: string; fix?: string };
  const datasets = datasetsOf(events);
  const keyOf = ({ platform, id }: Dataset) => `${platform}/${id}`;
  const dataset = datasets.find((one) => keyOf(one) === fixes) ?? datasets[0];
  const open = (fix?: string) => view.change({ fix } as never);
  if (!dataset) return null;
  const { from, to } = view.period;
  const asked = { platform: dataset.platform, dataset_id: dataset.id, from, to };
  const options = datasets.map((one) => ({
    key: keyOf(one),
    label: `${t(`platform.${one.platform}`)} · ${one.id}`,
  }));
  return (
    <Panel
      title={t("fixes.title")}
      note={t("fixes.note")}
      aside={
        options.length > 1 ? (
          <Choose
            label={t("fixes.dataset")}
            isLabelHidden
            value={keyOf(dataset)}
            options={options}
            onChange={(fixes) => view.change({ fixes } as never)}
          />
        ) : null
      }
    >
      <Suggestions asked={asked} onOpen={open} />
      <Runs onOpen={open} />
      <FixDialog chosen={fix} asked={asked} onOpen={open} />
    </Panel>
  );
}

/** The fix that the address names, by its issue or by its run. */
function FixDialog({
  chosen,
  asked,
  onOpen,
}: {
  chosen?: string;
  asked: FixesAsked;
  onOpen: (fix?: string) => void;
}) {
  const t = useTexts();
  const runId = chosen && RUN_ID.test(chosen) ? chosen : undefined;
  const run = useQuery({ ...fixRun(runId ?? ""), enabled: runId !== undefined });
  const found = useQuery(fixSuggestions(asked)).data?.items.find(({ issue_code }) => issue_code === chosen);
  const issue = found?.issue_code ?? (runId ? run.data?.issue_code : undefined);
  return (
    <Dialog
      title={issue ? t(`issue.${issue}`) : t("fixes.title")}
      isOpen={found !== undefined || runId !== undefined}
      onClose={() => onOpen()}
      isSide
    >
      {runId ? <RunSteps id={runId} /> : null}
      {found ? <SuggestionSteps suggestion={found} asked={asked} onBegun={onOpen} /> : null}
    </Dialog>
  );
}

const RUN_ID = /^[0-9a-f-]{36}$/;

function Suggestions({ asked, onOpen }: { asked: FixesAsked; onOpen: (fix?: string) => void }) {
  const t = useTexts();
  const format = useFormat();
  const query = useQuery(fixSuggestions(asked));
  const value = ({ issue_code, current_value }: Suggestion) => figureOf(issue_code, current_value, format);
  return (
    <Asked query={query} lines={3}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title={t("fixes.none")} />
        ) : (
          <ul className="flex flex-col gap-2">
            {items.map((one) => (
              <li
                key={one.issue_code}
                className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-sm border border-line px-3 py-2 text-control"
              >
                <div className="min-w-0">
                  <p className="font-medium">
                    {t(`issue.${one.issue_code}`)}{" "}
                    <Badge kind={one.one_click ? "accent" : "plain"}>
                      {t(one.one_click ? "fixes.oneClick" : "fixes.guided")}
                    </Badge>{" "}
                    {one.run_id ? <Badge kind="warn">{t("fixState.observing")}</Badge> : null}
                  </p>
                  <p className="text-note text-ink-3">{t("fixes.now", { value: value(one) })}</p>
                </div>
                <Button
                  aria-label={`${t("fixes.open")}: ${t(`issue.${one.issue_code}`)}`}
                  onPress={() => onOpen(one.run_id ?? one.issue_code)}
                >
                  {t("fixes.open")}
                </Button>
              </li>
            ))}
          </ul>
        )
      }
    </Asked>
  );
}

function Runs({ onOpen }: { onOpen: (fix?: string) => void }) {
  const t = useTexts();
  const format = useFormat();
  const query = useQuery(fixHistory());
  const runs = query.data ?? [];
  const effect = ({ issue_code, measured }: Run) =>
    measured?.effect ? figureOf(issue_code, measured.effect.value, format, true) : "–";
  if (runs.length === 0) return null;
  return (
    <section className="mt-4">
      <h3 className="mb-1 font-semibold">{t("fixes.runs")}</h3>
      <DataTable
        label={t("fixes.runs")}
        rows={runs}
        keyOf={(run) => run.id}
        columns={[
          {
            key: "issue",
            label: t("fixes.issue"),
            cell: (run) => (
              <Button kind="quiet" onPress={() => onOpen(run.id)}>
                {t(`issue.${run.issue_code}`)}
              </Button>
            ),
          },
          {
            key: "dataset",
            label: t("fixes.dataset"),
            hide: "sm",
            cell: (run) => <bdi>{run.dataset_name}</bdi>,
          },
          {
            key: "state",
            label: t("fixes.state"),
            cell: (run) => <Badge kind={STATES[run.state]}>{t(`fixState.${run.state}`)}</Badge>,
          },
          { key: "effect", label: t("fixes.effect"), isEnd: true, cell: (run) => <bdi>{effect(run)}</bdi> },
          {
            key: "applied",
            label: t("fixes.applied"),
            hide: "md",
            isEnd: true,
            cell: (run) => <bdi>{format.instant(run.created_at)}</bdi>,
          },
        ]}
      />
    </section>
  );
}
