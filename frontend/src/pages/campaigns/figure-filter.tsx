import { Plus, X } from "lucide-react";
import { useState } from "react";
import { useFormat, useTexts } from "../../app/texts";
import { KPI_KEYS, KPIS, type KpiKey, nameOf, type Source } from "../../figures/kpi";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Choose } from "../../ui/field";
import { Form } from "../../ui/form";
import { Field } from "../../ui/text-field";
import { hasTracked } from "./columns";

interface Condition {
  text: string;
  kpi: KpiKey;
  source: Source;
  sign: "<" | ">";
  bound: number;
}

/** The conditions of an address that can be shown; others are left out. */
function conditions(having: string | undefined): Condition[] {
  return (having?.split(",") ?? []).flatMap((text) => {
    const [, tracked, name, sign, bound] = text.match(/^(tracked_)?(\w+?)(<|>)(-?[\d.]+)$/) ?? [];
    const kpi = KPI_KEYS.find((one) => one === name);
    if (!kpi || !sign || Number.isNaN(Number(bound))) return [];
    const source: Source = tracked ? "tracked" : "reported";
    return [{ text, kpi, source, sign: sign as "<" | ">", bound: Number(bound) }];
  });
}

/** Conditions on figures, such as a ROAS below 1.5: each can be taken away, and others added. */
export function FigureFilter({
  having,
  lead,
  onChange,
}: {
  having: string | undefined;
  lead: Source;
  onChange: (having: string | undefined) => void;
}) {
  const t = useTexts();
  const format = useFormat();
  const [isAdding, setAdding] = useState(false);
  const known = conditions(having);
  const set = (texts: string[]) => onChange(texts.join(",") || undefined);
  return (
    <>
      {known.map(({ text, kpi, source, sign, bound }) => {
        const shown = t(sign === "<" ? "filter.below" : "filter.above", {
          kpi: hasTracked(kpi) ? `${t(`kpi.${kpi}`)} (${t(`source.${source}`)})` : t(`kpi.${kpi}`),
          bound: format.number(bound, 2),
        });
        return (
          <Button
            key={text}
            aria-label={t("filter.remove", { filter: shown })}
            onPress={() => set(known.map((one) => one.text).filter((one) => one !== text))}
          >
            <bdi>{shown}</bdi> <X size={14} aria-hidden />
          </Button>
        );
      })}
      <Button kind="quiet" onPress={() => setAdding(true)}>
        <Plus size={14} aria-hidden /> {t("filter.add")}
      </Button>
      <Dialog title={t("filter.title")} isOpen={isAdding} onClose={() => setAdding(false)}>
        <NewCondition
          lead={lead}
          onDone={(text) => {
            set([...known.map((one) => one.text).filter((one) => one !== text), text]);
            setAdding(false);
          }}
        />
      </Dialog>
    </>
  );
}

function NewCondition({ lead, onDone }: { lead: Source; onDone: (text: string) => void }) {
  const t = useTexts();
  const [kpi, setKpi] = useState<KpiKey>("roas");
  const [source, setSource] = useState<Source>(lead);
  const [sign, setSign] = useState<"<" | ">">("<");
  const [bound, setBound] = useState("");
  const value = Number(bound);
  const isNumber = bound.trim() !== "" && Number.isFinite(value);
  return (
    <Form
      action={t("filter.apply")}
      isDisabled={!isNumber}
      send={async () => onDone(`${nameOf(KPIS[kpi], hasTracked(kpi) ? source : "reported")}${sign}${value}`)}
    >
      <Choose
        label={t("kpi.label")}
        value={kpi}
        options={KPI_KEYS.map((key) => ({ key, label: t(`kpi.${key}`) }))}
        onChange={setKpi}
      />
      {hasTracked(kpi) ? (
        <Choose
          label={t("filter.source")}
          value={source}
          options={(["tracked", "reported"] as const).map((key) => ({ key, label: t(`source.${key}`) }))}
          onChange={setSource}
        />
      ) : null}
      <Choose
        label={t("filter.side")}
        value={sign}
        options={[
          { key: "<", label: t("filter.isBelow") },
          { key: ">", label: t("filter.isAbove") },
        ]}
        onChange={setSign}
      />
      <Field
        label={t("filter.bound")}
        inputMode="decimal"
        value={bound}
        onChange={setBound}
        help={t("filter.boundHelp")}
        ltr
      />
    </Form>
  );
}
