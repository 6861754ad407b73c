import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, type Schemas } from "../../api/client";
import { PLATFORMS, type Platform } from "../../api/platforms";
import { users } from "../../api/settings";
import { useMay, useMe } from "../../app/me";
import { useTexts } from "../../app/texts";
import { Button } from "../../ui/button";
import { ChooseMany } from "../../ui/choose-many";
import { Form } from "../../ui/form";
import { ErrorNote, Note } from "../../ui/panel";
import { Field } from "../../ui/text-field";
import { Tick } from "../../ui/tick";
import { tell } from "../../ui/toast";
import { useAct } from "../../ui/use-act";
import { GroupEditor } from "./condition";
import { groupOf, isWhole, newGroup, newLine, nodeOf, textsOf } from "./draft";
import { DryRun } from "./dry-run";

type Rule = Schemas["RuleItem"];
type Action = Schemas["RuleActionBody"];
type Status = Schemas["CampaignStatus"];

const STATUSES = ["draft", "active", "paused", "completed", "archived"] as const;
const MINUTES_A_DAY = 1440;

/** A rule is written, tried out on past days, and saved. */
export function RuleEditor({ rule, onDone }: { rule: Rule | null; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const { id, tenant } = useMe();
  const mayRun = useMay("rules.run");
  const currency = rule?.currency ?? tenant.reporting_currency;
  const [name, setName] = useState(rule?.name ?? "");
  const [platforms, setPlatforms] = useState<Platform[]>(rule?.scope.platforms ?? []);
  const [statuses, setStatuses] = useState<Status[]>(rule?.scope.statuses ?? ["active"]);
  const [labels, setLabels] = useState((rule?.scope.labels ?? []).join(", "));
  const [group, setGroup] = useState(() => (rule ? groupOf(rule.condition) : newGroup([newLine()])));
  const [acts, setActs] = useState(() => actsOf(rule?.actions ?? [{ type: "send_alert", user_ids: [id] }]));
  const [forMinutes, setForMinutes] = useState(String(rule?.for_minutes ?? 0));
  const [pauseDays, setPauseDays] = useState(
    String((rule?.cool_down_minutes ?? MINUTES_A_DAY) / MINUTES_A_DAY),
  );
  const [repeats, setRepeats] = useState(rule?.repeats ?? false);
  const [most, setMost] = useState(String(rule?.acts_per_day_max ?? 50));
  const body = (): Schemas["RuleBody"] => ({
    name,
    scope: {
      platforms,
      statuses,
      labels: textsOf(labels),
      campaign_ids: rule?.scope.campaign_ids ?? [],
    },
    condition: nodeOf(group),
    currency,
    actions: actionsOf(acts),
    for_minutes: Number(forMinutes),
    cool_down_minutes: Math.round(Number(pauseDays) * MINUTES_A_DAY),
    repeats,
    acts_per_day_max: Number(most),
  });
  const send = async () => {
    await dataOf(
      rule
        ? api.PUT("/api/v1/rules/{id}", { params: { path: { id: rule.id } }, body: body() })
        : api.POST("/api/v1/rules", { body: body() }),
    );
    await client.invalidateQueries({ queryKey: ["rules"] });
    tell(t("rules.saved"));
    onDone();
  };
  const [run, setRun] = useState<Schemas["RuleTest"] | null>(null);
  const trial = useAct();
  const tryOut = async () => {
    const named = { ...body(), name: name.trim() || t("rules.new") };
    setRun(await dataOf(api.POST("/api/v1/rules/test", { body: { rule: named } })));
  };
  const isReady = isWhole(group) && actionsOf(acts).length > 0;
  return (
    <Form action={t("rules.save")} send={send} onCancel={onDone} isDisabled={!isReady || name.trim() === ""}>
      <Field name="name" label={t("field.name")} value={name} onChange={setName} maxLength={100} isRequired />
      <fieldset className="flex flex-wrap items-end gap-3">
        <legend className="mb-1 text-control font-medium text-ink-2">{t("rules.scope")}</legend>
        <ChooseMany
          label={t("platform.label")}
          all={t("platform.all")}
          values={platforms}
          options={PLATFORMS.map((key) => ({ key, label: t(`platform.${key}`) }))}
          onChange={setPlatforms}
        />
        <ChooseMany
          label={t("runs.state")}
          all={t("status.all")}
          values={statuses}
          options={STATUSES.map((key) => ({ key, label: t(`status.${key}`) }))}
          onChange={setStatuses}
        />
        <Field label={t("rules.labels")} help={t("rules.labelsHelp")} value={labels} onChange={setLabels} />
      </fieldset>
      <fieldset className="min-w-0">
        <legend className="mb-1 text-control font-medium text-ink-2">{t("rules.when")}</legend>
        <GroupEditor group={group} currency={currency} onChange={setGroup} />
        <p className="mt-1 text-note text-ink-3">{t("rules.whenHelp")}</p>
      </fieldset>
      <ActEditor acts={acts} onChange={setActs} currency={currency} />
      <fieldset className="flex flex-wrap items-start gap-3">
        <legend className="mb-1 text-control font-medium text-ink-2">{t("rules.timing")}</legend>
        <Field
          className="w-40"
          name="for_minutes"
          label={t("rules.forMinutes")}
          value={forMinutes}
          onChange={setForMinutes}
          inputMode="numeric"
          ltr
        />
        <Field
          className="w-40"
          name="cool_down_minutes"
          label={t("rules.pauseDays")}
          value={pauseDays}
          onChange={setPauseDays}
          inputMode="decimal"
          ltr
        />
        <Field
          className="w-40"
          name="acts_per_day_max"
          label={t("rules.most")}
          value={most}
          onChange={setMost}
          inputMode="numeric"
          ltr
        />
        <Tick isSelected={repeats} onChange={setRepeats}>
          {t("rules.repeats")}
        </Tick>
      </fieldset>
      {mayRun ? (
        <div className="flex flex-col gap-3">
          <Button isDisabled={!isReady} isPending={trial.isBusy} onPress={() => trial.act(tryOut)}>
            {t("rules.tryOut")}
          </Button>
          {trial.error ? <ErrorNote error={trial.error} /> : null}
          {run ? <DryRun run={run} /> : null}
        </div>
      ) : null}
    </Form>
  );
}

/** The acts as the form has them: one of each kind, and whatever else the rule has. */
interface Acts {
  label: string;
  isAlert: boolean;
  userIds: string[];
  isPause: boolean;
  percent: string;
  floor: string;
  ceiling: string;
  others: Action[];
}

function actsOf(actions: Action[]): Acts {
  const acts: Acts = {
    label: "",
    isAlert: false,
    userIds: [],
    isPause: false,
    percent: "",
    floor: "",
    ceiling: "",
    others: [],
  };
  for (const one of actions) {
    if (one.type === "apply_label" && acts.label === "") acts.label = one.label;
    else if (one.type === "send_alert" && !acts.isAlert) {
      acts.isAlert = true;
      acts.userIds = one.user_ids ?? [];
    } else if (one.type === "pause_campaign") acts.isPause = true;
    else if (one.type === "adjust_budget" && acts.percent === "") {
      acts.percent = String(one.percent);
      acts.floor = String(one.floor ?? "");
      acts.ceiling = String(one.ceiling ?? "");
    } else acts.others.push(one);
  }
  return acts;
}

function actionsOf(acts: Acts): Action[] {
  const amount = (text: string) => (text.trim() === "" ? null : Number(text));
  const actions: Action[] = [];
  if (acts.label.trim() !== "") actions.push({ type: "apply_label", label: acts.label.trim() });
  if (acts.isAlert) actions.push({ type: "send_alert", user_ids: acts.userIds });
  if (acts.isPause) actions.push({ type: "pause_campaign" });
  if (acts.percent.trim() !== "")
    actions.push({
      type: "adjust_budget",
      percent: Number(acts.percent),
      floor: amount(acts.floor),
      ceiling: amount(acts.ceiling),
    });
  return [...actions, ...acts.others];
}

function ActEditor({
  acts,
  onChange,
  currency,
}: {
  acts: Acts;
  onChange: (acts: Acts) => void;
  currency: string;
}) {
  const t = useTexts();
  const maySeeUsers = useMay("tenant.read");
  const people = useQuery({ ...users(), enabled: maySeeUsers });
  const set = (change: Partial<Acts>) => onChange({ ...acts, ...change });
  const options = (people.data ?? []).map((one) => ({ key: one.id, label: one.full_name || one.email }));
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-1 text-control font-medium text-ink-2">{t("rules.then")}</legend>
      <div className="flex flex-wrap items-center gap-3">
        <Tick isSelected={acts.isAlert} onChange={(isAlert) => set({ isAlert })}>
          {t("rules.alert")}
        </Tick>
        {acts.isAlert && options.length > 0 ? (
          <span className="inline-flex items-center gap-2 text-control text-ink-2">
            {t("rules.mailTo")}
            <ChooseMany
              label={t("rules.mailTo")}
              all={t("rules.mailNobody")}
              values={acts.userIds}
              options={options}
              onChange={(userIds) => set({ userIds })}
            />
          </span>
        ) : null}
      </div>
      <Field
        label={t("rules.applyLabel")}
        help={t("rules.applyLabelHelp")}
        value={acts.label}
        onChange={(label) => set({ label })}
        maxLength={100}
      />
      <Tick isSelected={acts.isPause} onChange={(isPause) => set({ isPause })}>
        {t("rules.pause")}
      </Tick>
      <div className="flex flex-wrap items-end gap-3">
        <Field
          className="w-48"
          label={t("rules.percent")}
          value={acts.percent}
          onChange={(percent) => set({ percent })}
          inputMode="decimal"
          ltr
        />
        {acts.percent.trim() === "" ? null : (
          <>
            <Field
              className="w-40"
              label={t("rules.floor", { currency })}
              value={acts.floor}
              onChange={(floor) => set({ floor })}
              inputMode="decimal"
              ltr
            />
            <Field
              className="w-40"
              label={t("rules.ceiling", { currency })}
              value={acts.ceiling}
              onChange={(ceiling) => set({ ceiling })}
              inputMode="decimal"
              ltr
            />
          </>
        )}
      </div>
      {acts.isPause || acts.percent.trim() !== "" ? (
        <Note kind="warn">{t("rules.needsConnector")}</Note>
      ) : null}
    </fieldset>
  );
}
