import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, type Schemas } from "../../api/client";
import type { CampaignsFilter } from "../../api/queries";
import { type TextId, useFormat, useTexts } from "../../app/texts";
import { Button } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Dialog } from "../../ui/dialog";
import { Choose } from "../../ui/field";
import { Form } from "../../ui/form";
import { Badge, Note } from "../../ui/panel";
import { Field } from "../../ui/text-field";
import { tell } from "../../ui/toast";

type Told = Schemas["BulkOutcome"];
type Outcome = Schemas["CampaignOutcome"];
type Kind = "pause" | "activate" | "archive" | "label" | "unlabel" | "budget";

const KINDS: Kind[] = ["pause", "activate", "label", "unlabel", "budget", "archive"];
const STATUS = { pause: "paused", activate: "active", archive: "archived" } as const;
const SHOWN_MAX = 200;

/** Those that are ticked, or all that the list holds. */
export type Chosen = { ids: string[] } | { filter: CampaignsFilter; count: number };

/** Changes many campaigns: first what would change is shown, then it is done. */
export function BulkBar({ chosen, onClear }: { chosen: Chosen; onClear: () => void }) {
  const t = useTexts();
  const format = useFormat();
  const [kind, setKind] = useState<Kind | null>(null);
  const count = "ids" in chosen ? chosen.ids.length : chosen.count;
  return (
    <div
      role="toolbar"
      aria-label={t("bulk.toolbar")}
      className="mb-3 flex flex-wrap items-center gap-2 rounded-sm bg-accent-soft px-3 py-2"
    >
      <span className="me-2 text-control font-medium">
        {t("bulk.chosen", { count, shown: format.number(count) })}
      </span>
      {KINDS.map((one) => (
        <Button key={one} onPress={() => setKind(one)}>
          {t(`bulk.${one}`)}
        </Button>
      ))}
      <Button kind="quiet" onPress={onClear}>
        {t("bulk.clear")}
      </Button>
      <Dialog
        title={kind ? t(`bulk.${kind}`) : ""}
        isOpen={kind !== null}
        onClose={() => setKind(null)}
        isWide
      >
        {kind ? (
          <Steps
            kind={kind}
            chosen={chosen}
            onDone={() => {
              setKind(null);
              onClear();
            }}
          />
        ) : null}
      </Dialog>
    </div>
  );
}

/** What is sent of the choice, `null` while something is missing. */
function changeOf(kind: Kind, text: string): Schemas["EachChange"] | null {
  if (kind in STATUS) return { status: STATUS[kind as keyof typeof STATUS] };
  const words = text
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
  if (kind === "label") return words.length > 0 ? { add_labels: words } : null;
  if (kind === "unlabel") return words.length > 0 ? { remove_labels: words } : null;
  const percent = Number(text);
  return text.trim() !== "" && Number.isFinite(percent) && percent !== 0
    ? { daily_budget_percent: percent }
    : null;
}

function Steps({ kind, chosen, onDone }: { kind: Kind; chosen: Chosen; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const [text, setText] = useState("");
  const [budget, setBudget] = useState<"daily_budget_percent" | "lifetime_budget_percent">(
    "daily_budget_percent",
  );
  const [told, setTold] = useState<Told | null>(null);
  const made = changeOf(kind, text);
  const change = made?.daily_budget_percent == null ? made : { [budget]: made.daily_budget_percent };
  const post = (body: Schemas["BulkChange"]) => dataOf(api.POST("/api/v1/campaigns/bulk", { body }));
  const send = async () => {
    if (!change) return;
    if (!told) {
      const which = "ids" in chosen ? { ids: chosen.ids } : { filter: chosen.filter };
      setTold(await post({ ...which, change, dry_run: true }));
      return;
    }
    // Exactly those that were shown, whatever the list holds by now.
    const ids = told.outcomes.filter(({ outcome }) => outcome === "changed").map(({ id }) => id);
    const done = await post({ ids, change, dry_run: false });
    tell(t("bulk.done", { count: done.changed }));
    await client.invalidateQueries({ queryKey: ["campaigns"] });
    await client.invalidateQueries({ queryKey: ["campaign"] });
    onDone();
  };
  return (
    <Form
      action={told ? t("bulk.apply", { count: told.changed }) : t("bulk.preview")}
      isDisabled={told ? told.changed === 0 : !change}
      isDanger={told !== null && kind === "archive"}
      onCancel={told ? () => setTold(null) : undefined}
      send={send}
    >
      <Note kind="info">{t("campaigns.ownRecord")}</Note>
      {kind === "archive" ? <Note kind="warn">{t("campaigns.final")}</Note> : null}
      {told ? (
        <Preview told={told} />
      ) : (
        <>
          {kind === "label" || kind === "unlabel" ? (
            <Field
              label={t("campaigns.labels")}
              help={t("campaigns.labelsHelp")}
              value={text}
              onChange={setText}
              autoFocus
            />
          ) : null}
          {kind === "budget" ? (
            <>
              <Choose
                label={t("bulk.whichBudget")}
                value={budget}
                options={[
                  { key: "daily_budget_percent", label: t("field.daily_budget") },
                  { key: "lifetime_budget_percent", label: t("field.lifetime_budget") },
                ]}
                onChange={setBudget}
              />
              <Field
                label={t("bulk.percent")}
                help={t("bulk.percentHelp")}
                inputMode="decimal"
                value={text}
                onChange={setText}
                ltr
              />
            </>
          ) : null}
        </>
      )}
    </Form>
  );
}

const LOOKS = { changed: "accent", unchanged: "plain", refused: "warn" } as const;

/** What the rules are, in words; they are few. */
const REFUSED: Record<string, TextId> = {
  status: "bulk.refused.status",
  daily_budget: "bulk.refused.budget",
  lifetime_budget: "bulk.refused.budget",
  labels: "bulk.refused.labels",
};

function Preview({ told }: { told: Told }) {
  const t = useTexts();
  const format = useFormat();
  const budget = (side: Schemas["Changeable"]) =>
    [side.daily_budget, side.lifetime_budget]
      .filter((value) => value != null)
      .map((value) => format.money(value, side.currency))
      .join(" / ");
  const words = (one: Outcome) => {
    const { before, after } = one;
    if (!after)
      return one.refusals
        .map(({ field, message }) => {
          const known = REFUSED[field];
          return known ? t(known) : message;
        })
        .join(" ");
    const parts: string[] = [];
    if (before.status !== after.status)
      parts.push(`${t(`status.${before.status}`)} → ${t(`status.${after.status}`)}`);
    if (before.labels.join() !== after.labels.join())
      parts.push(`${before.labels.join(", ") || "–"} → ${after.labels.join(", ") || "–"}`);
    if (budget(before) !== budget(after)) parts.push(`${budget(before)} → ${budget(after)}`);
    return parts.join(" · ");
  };
  const rank = { refused: 0, changed: 1, unchanged: 2 };
  const rows = [...told.outcomes].sort((a, b) => rank[a.outcome] - rank[b.outcome]).slice(0, SHOWN_MAX);
  return (
    <>
      <p className="text-control" role="status">
        {t("bulk.counts", {
          changed: told.changed,
          unchanged: told.unchanged,
          refused: told.refused,
        })}
      </p>
      <div className="max-h-[40vh] overflow-y-auto">
        <DataTable
          label={t("bulk.preview")}
          rows={rows}
          keyOf={({ id }) => id}
          columns={[
            { key: "name", label: t("campaigns.name"), cell: (one) => <bdi>{one.name}</bdi> },
            {
              key: "outcome",
              label: t("bulk.outcome"),
              cell: (one) => <Badge kind={LOOKS[one.outcome]}>{t(`bulk.${one.outcome}`)}</Badge>,
            },
            { key: "change", label: t("bulk.what"), cell: (one) => <bdi>{words(one)}</bdi> },
          ]}
        />
      </div>
      {told.outcomes.length > rows.length ? (
        <p className="text-note text-ink-3">
          {t("bulk.more", { count: told.outcomes.length - rows.length })}
        </p>
      ) : null}
    </>
  );
}
