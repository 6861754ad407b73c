import { Plus, X } from "lucide-react";
import { PLATFORMS } from "../../api/platforms";
import { useTexts } from "../../app/texts";
import { Button } from "../../ui/button";
import { ChooseMany } from "../../ui/choose-many";
import { Choose } from "../../ui/field";
import { IconButton } from "../../ui/icon-button";
import { Segments } from "../../ui/segments";
import { Field } from "../../ui/text-field";
import { Tick } from "../../ui/tick";
import {
  aggregatesOf,
  FIELDS,
  type Group,
  hasWindow,
  isAmount,
  isText,
  type Line,
  newGroup,
  newLine,
  operatorsOf,
  textsOf,
  withField,
} from "./draft";

const STATUSES = ["draft", "active", "paused", "completed", "archived"] as const;
/** Groups in groups; the API takes deeper ones, which nobody can read. */
const DEPTH_MAX = 3;

/** A group of comparisons, all or one of which must hold. */
export function GroupEditor({
  group,
  currency,
  depth = 1,
  onChange,
  onRemove,
}: {
  group: Group;
  currency: string;
  depth?: number;
  onChange: (group: Group) => void;
  onRemove?: () => void;
}) {
  const t = useTexts();
  const put = (at: number, part: Line | Group | null) =>
    onChange({
      ...group,
      parts: group.parts.flatMap((old, place) => (place !== at ? [old] : part ? [part] : [])),
    });
  return (
    <fieldset className="flex min-w-0 flex-col gap-2 rounded-sm border border-line p-3">
      <legend className="sr-only">{t("rules.group")}</legend>
      <div className="flex flex-wrap items-center gap-3">
        <Segments
          label={t("rules.join")}
          value={group.join}
          choices={(["and", "or"] as const).map((key) => ({ key, label: t(`rules.join.${key}`) }))}
          onChange={(join) => onChange({ ...group, join })}
        />
        <Tick isSelected={group.isNot} onChange={(isNot) => onChange({ ...group, isNot })}>
          {t("rules.not")}
        </Tick>
        {onRemove ? (
          <span className="ms-auto">
            <IconButton label={t("rules.removeGroup")} onPress={onRemove}>
              <X size={14} />
            </IconButton>
          </span>
        ) : null}
      </div>
      {group.parts.map((part, at) =>
        part.kind === "line" ? (
          <LineEditor
            key={part.id}
            line={part}
            currency={currency}
            onChange={(line) => put(at, line)}
            onRemove={group.parts.length > 1 ? () => put(at, null) : undefined}
          />
        ) : (
          <GroupEditor
            key={part.id}
            group={part}
            currency={currency}
            depth={depth + 1}
            onChange={(inner) => put(at, inner)}
            onRemove={() => put(at, null)}
          />
        ),
      )}
      <div className="flex flex-wrap gap-2">
        <Button kind="quiet" onPress={() => onChange({ ...group, parts: [...group.parts, newLine()] })}>
          <Plus size={14} aria-hidden /> {t("rules.addLine")}
        </Button>
        {depth < DEPTH_MAX ? (
          <Button kind="quiet" onPress={() => onChange({ ...group, parts: [...group.parts, newGroup()] })}>
            <Plus size={14} aria-hidden /> {t("rules.addGroup")}
          </Button>
        ) : null}
      </div>
    </fieldset>
  );
}

function LineEditor({
  line,
  currency,
  onChange,
  onRemove,
}: {
  line: Line;
  currency: string;
  onChange: (line: Line) => void;
  onRemove?: () => void;
}) {
  const t = useTexts();
  const aggregates = aggregatesOf(line.field);
  return (
    <div className="flex flex-wrap items-end gap-2">
      <Choose
        label={t("rules.field")}
        value={line.field}
        options={FIELDS.map((key) => ({ key, label: t(`ruleField.${key}`) }))}
        onChange={(field) => onChange(withField(line, field))}
      />
      {aggregates.length > 1 ? (
        <Choose
          label={t("rules.aggregate")}
          value={line.aggregate}
          options={aggregates.map((key) => ({ key, label: t(`aggregate.${key}`) }))}
          onChange={(aggregate) => onChange({ ...line, aggregate })}
        />
      ) : null}
      {hasWindow(line.field) ? (
        <Field
          className="w-20"
          label={t("rules.days")}
          value={line.days}
          onChange={(days) => onChange({ ...line, days })}
          inputMode="numeric"
          ltr
        />
      ) : null}
      <Choose
        label={t("rules.operator")}
        value={line.operator}
        options={operatorsOf(line.field).map((key) => ({ key, label: t(`operator.${key}`) }))}
        onChange={(operator) => onChange({ ...line, operator })}
      />
      <ValueEditor line={line} currency={currency} onChange={(value) => onChange({ ...line, value })} />
      {onRemove ? (
        <IconButton label={t("rules.removeLine")} onPress={onRemove}>
          <X size={14} />
        </IconButton>
      ) : null}
    </div>
  );
}

function ValueEditor({
  line,
  currency,
  onChange,
}: {
  line: Line;
  currency: string;
  onChange: (value: string) => void;
}) {
  const t = useTexts();
  if (line.field === "status" || line.field === "platform") {
    const isStatus = line.field === "status";
    const options = isStatus
      ? STATUSES.map((key) => ({ key: key as string, label: t(`status.${key}`) }))
      : PLATFORMS.map((key) => ({ key: key as string, label: t(`platform.${key}`) }));
    return line.operator === "in" ? (
      <ChooseMany
        label={t("rules.value")}
        all={t("rules.choose")}
        values={textsOf(line.value)}
        options={options}
        onChange={(values) => onChange(values.join(","))}
      />
    ) : (
      <Choose label={t("rules.value")} value={line.value} options={options} onChange={onChange} />
    );
  }
  const isPercent = line.aggregate === "change_percent";
  const unit = isPercent ? "%" : isAmount(line.field) ? currency : "";
  return (
    <Field
      className="w-32"
      label={unit ? t("rules.valueIn", { unit }) : t("rules.value")}
      value={line.value}
      onChange={onChange}
      isRequired
      inputMode={isText(line.field) ? undefined : "decimal"}
      ltr={!isText(line.field)}
    />
  );
}
