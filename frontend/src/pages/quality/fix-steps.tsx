import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, type Schemas } from "../../api/client";
import { type FixesAsked, fixRun } from "../../api/fixes";
import { useMay } from "../../app/me";
import { type TextId, useFormat, useTexts } from "../../app/texts";
import type { Format } from "../../format/format";
import { Button } from "../../ui/button";
import { Asked, Badge, ErrorNote, Note } from "../../ui/panel";
import { useAct } from "../../ui/use-act";

type Suggestion = Schemas["FixSuggestion"];
type Run = Schemas["FixRunItem"];
type Issue = Schemas["IssueCode"];

export const STATES = {
  queued: "plain",
  applying: "plain",
  observing: "warn",
  succeeded: "good",
  no_effect: "plain",
  failed: "bad",
  rolled_back: "plain",
} as const;

const SCORED: Issue[] = ["LOW_MATCH_SCORE"];

/** The figure of an issue: a score, a number of settings, or a share. A difference has its sign. */
export function figureOf(issue: Issue, value: number, format: Format, isDifference = false): string {
  if (SCORED.includes(issue) || (issue === "CONFIG_MISMATCH" && isDifference)) {
    const sign = isDifference && value > 0 ? "+" : "";
    return `${sign}${format.number(value, 2)}`;
  }
  if (issue === "CONFIG_MISMATCH") return format.number(value);
  return isDifference ? format.change(value * 100) : format.percent(value * 100);
}

const STEPS = ["issue", "preview", "apply", "observing", "result"] as const;

/** Where one is: before it is applied, while it is watched, and once it has ended. */
function placeOf(run: Run | undefined): number {
  if (!run) return 1;
  return run.ended_at ? 4 : 3;
}

/** A fix that may be applied: its issue, and what it would bring. */
export function SuggestionSteps({
  suggestion,
  asked,
  onBegun,
}: {
  suggestion: Suggestion;
  asked: FixesAsked;
  onBegun: (run: string) => void;
}) {
  return (
    <div className="flex flex-col gap-5">
      <Progress at={placeOf(undefined)} />
      <About issue={suggestion.issue_code} />
      <Preview suggestion={suggestion} />
      <Apply suggestion={suggestion} asked={asked} onBegun={onBegun} />
      <ToDo issue={suggestion.issue_code} count={suggestion.guided_steps.length} />
    </div>
  );
}

/** A run of a fix: what it has brought, and how it ended. */
export function RunSteps({ id }: { id: string }) {
  const query = useQuery(fixRun(id));
  return (
    <Asked query={query} lines={6}>
      {(run) => (
        <div className="flex flex-col gap-5">
          <Progress at={placeOf(run)} />
          <About issue={run.issue_code} />
          <Watched run={run} />
          {run.one_click ? null : <ToDo issue={run.issue_code} count={STEPS_MAX} />}
        </div>
      )}
    </Asked>
  );
}

function Progress({ at }: { at: number }) {
  const t = useTexts();
  return (
    <ol aria-label={t("fixes.steps")} className="flex flex-wrap gap-x-2 gap-y-1 text-note">
      {STEPS.map((step, place) => (
        <li
          key={step}
          aria-current={place === at ? "step" : undefined}
          className={`rounded-full px-2 py-0.5 ${place === at ? "bg-accent-soft font-semibold text-accent" : place < at ? "bg-sunken text-ink-2" : "text-ink-3"}`}
        >
          {t(`fixes.step.${step}`)}
        </li>
      ))}
    </ol>
  );
}

function About({ issue }: { issue: Issue }) {
  const t = useTexts();
  return <p className="text-control text-ink-2">{t(`issue.${issue}.why`)}</p>;
}

/** Steps that an issue has at most. */
const STEPS_MAX = 3;

function ToDo({ issue, count }: { issue: Issue; count: number }) {
  const t = useTexts();
  const names = Array.from({ length: count }, (_, at) => `issue.${issue}.do.${at + 1}` as TextId);
  const steps = names.map((name) => ({ name, text: t(name) })).filter(({ name, text }) => text !== name);
  if (steps.length === 0) return null;
  return (
    <section>
      <h3 className="mb-1 font-semibold">{t("fixes.toDo")}</h3>
      <ol className="list-inside list-decimal text-control text-ink-2">
        {steps.map(({ name, text }) => (
          <li key={name}>{text}</li>
        ))}
      </ol>
    </section>
  );
}

function Preview({ suggestion }: { suggestion: Suggestion }) {
  const t = useTexts();
  const format = useFormat();
  const { issue_code, preview, roas_impact, current_value, threshold, reason } = suggestion;
  // The effect of all settings together shows in the score.
  const of = issue_code === "CONFIG_MISMATCH" ? "LOW_MATCH_SCORE" : issue_code;
  const figure = (value: number) => figureOf(of, value, format);
  const { avg_pct, min_pct, max_pct } = roas_impact;
  return (
    <section className="flex flex-col gap-2 text-control">
      <h3 className="font-semibold">{t("fixes.step.preview")}</h3>
      <p className="text-ink-2">
        {t("fixes.current", {
          value: figureOf(issue_code, current_value, format),
          threshold: figureOf(issue_code, threshold, format),
        })}
      </p>
      {preview ? (
        <p>
          <bdi className="font-semibold">
            {t("fixes.preview.figure", { before: figure(preview.before), after: figure(preview.after) })}
          </bdi>{" "}
          <span className="text-note text-ink-3">
            {t("fixes.preview.of", { count: preview.events, shown: format.number(preview.events) })}
          </span>
        </p>
      ) : (
        <p className="text-ink-3">{t("fixes.preview.none")}</p>
      )}
      {avg_pct == null ? null : (
        <p className="text-note text-ink-3">
          {t("fixes.roas", {
            avg: format.change(avg_pct),
            min: format.percent(min_pct),
            max: format.percent(max_pct),
          })}
        </p>
      )}
      {reason ? <Note>{t(`noFix.${reason}`)}</Note> : null}
    </section>
  );
}

function Apply({
  suggestion,
  asked,
  onBegun,
}: {
  suggestion: Suggestion;
  asked: FixesAsked;
  onBegun: (run: string) => void;
}) {
  const t = useTexts();
  const client = useQueryClient();
  const mayApply = useMay("fixes.apply");
  const { act, error, isBusy } = useAct();
  // One key for as long as the dialog is open: pressed twice it is applied once.
  const [key] = useState(() => crypto.randomUUID());
  const { issue_code, one_click, can_be_applied } = suggestion;
  if (!can_be_applied) return null;
  const apply = async () => {
    const { platform, dataset_id } = asked;
    const body = { platform, dataset_id, issue_code, dry_run: false, idempotency_key: key };
    const { run } = await dataOf(api.POST("/api/v1/qa/fixes/apply", { body }));
    if (run) {
      client.setQueryData(fixRun(run.id).queryKey, run);
      onBegun(run.id);
    }
    await client.invalidateQueries({ queryKey: ["fixes"] });
  };
  return (
    <section className="flex flex-col items-start gap-2 text-control">
      <h3 className="font-semibold">{t("fixes.step.apply")}</h3>
      <p className="text-ink-2">{t(one_click ? "fixes.applyNote" : "fixes.watchNote")}</p>
      {mayApply ? (
        <Button kind="primary" isDisabled={isBusy} onPress={() => act(apply)}>
          {t(one_click ? "fixes.apply" : "fixes.watch")}
        </Button>
      ) : (
        <p className="text-ink-3">{t("fixes.mayNot")}</p>
      )}
      {error ? <ErrorNote error={error} /> : null}
    </section>
  );
}

/** A run: what it changed, what it has brought so far, and how it ended. */
function Watched({ run }: { run: Run }) {
  const t = useTexts();
  const format = useFormat();
  const { issue_code, state, ended_for, measured, changes } = run;
  const of = issue_code === "CONFIG_MISMATCH" ? "LOW_MATCH_SCORE" : issue_code;
  const figure = (value: number | undefined) => (value === undefined ? "–" : figureOf(of, value, format));
  const effect = measured?.effect;
  return (
    <section className="flex flex-col gap-3 text-control">
      <p className="flex flex-wrap items-center gap-2">
        <Badge kind={STATES[state]}>{t(`fixState.${state}`)}</Badge>
        <span className="text-note text-ink-3">{format.instant(run.created_at)}</span>
      </p>
      {changes.length > 0 ? (
        <ul className="text-ink-2">
          {changes.map(({ name, from, to }) => (
            <li key={name}>
              {t("fixes.change", {
                name: t(`setting.${name}` as TextId),
                from: t(`setting.value.${from}` as TextId),
                to: t(`setting.value.${to}` as TextId),
              })}
            </li>
          ))}
        </ul>
      ) : null}
      {effect ? (
        <div>
          <p className="font-semibold">
            {t("fixes.measured", {
              effect: figureOf(of, effect.value, format, true),
              low: figureOf(of, effect.low, format, true),
              high: figureOf(of, effect.high, format, true),
            })}
          </p>
          <p className="text-note text-ink-3">
            {t("fixes.measuredOf", {
              count: effect.events,
              shown: format.number(effect.events),
              hours: format.number(measured.hours, 1),
            })}
            {" · "}
            {t("fixes.before", { value: figure(measured.before?.value) })}
            {" · "}
            {t("fixes.after", { value: figure(measured.after?.value) })}
          </p>
        </div>
      ) : (
        <p className="text-ink-3">{t("fixes.waiting")}</p>
      )}
      {ended_for ? (
        <Note kind={state === "succeeded" ? "good" : "info"}>{t(`fixEnd.${ended_for}`)}</Note>
      ) : (
        <p className="text-note text-ink-3">{t("fixes.until")}</p>
      )}
      <RollBack run={run} />
    </section>
  );
}

function RollBack({ run }: { run: Run }) {
  const t = useTexts();
  const client = useQueryClient();
  const mayApply = useMay("fixes.apply");
  const { act, error, isBusy } = useAct();
  if (run.state === "rolled_back") return <p className="text-ink-2">{t("fixes.rolledBack")}</p>;
  if (!run.one_click || !mayApply) return null;
  const rollBack = async () => {
    const params = { path: { id: run.id } };
    await dataOf(api.POST("/api/v1/qa/fixes/run/{id}/rollback", { params }));
    await client.invalidateQueries({ queryKey: ["fixes"] });
  };
  return (
    <div className="flex flex-col items-start gap-2">
      <Button kind="danger" isDisabled={isBusy} onPress={() => act(rollBack)}>
        {t("fixes.rollBack")}
      </Button>
      {error ? <ErrorNote error={error} /> : null}
    </div>
  );
}
