import type { Schemas } from "../../api/client";
import { useFormat, useTexts } from "../../app/texts";
import { hasWindow } from "./draft";

type Node = Schemas["ConditionNode"];
type Seen = Schemas["ObservedComparison"];
type Value = Schemas["ConditionValue"];
type Action = Schemas["RuleActionBody"];

/** Rules in words. */
export function useRuleWords() {
  const t = useTexts();
  const format = useFormat();
  const shown = (field: Schemas["RuleField"], value: Value): string => {
    if (typeof value === "number") return format.number(value, 2);
    const name = (one: string) =>
      field === "status"
        ? t(`status.${one}` as never)
        : field === "platform"
          ? t(`platform.${one}` as never)
          : one;
    return Array.isArray(value) ? format.list(value.map(name)) : name(value);
  };
  const subject = (one: Pick<Seen, "field" | "aggregate" | "window_days">) => {
    const field = t(`ruleField.${one.field}`);
    if (!hasWindow(one.field)) return field;
    const days = one.window_days ?? 7;
    const aggregate = one.aggregate ?? "total";
    const of = t("rules.window", { field, count: days });
    return aggregate === "total" ? of : `${of} (${t(`aggregate.${aggregate}`)})`;
  };
  const comparison = (one: Pick<Seen, "field" | "operator" | "value" | "aggregate" | "window_days">) =>
    `${subject(one)} ${t(`operator.${one.operator}`)} ${shown(one.field, one.value)}`;
  const condition = (node: Node): string => {
    const all = node.and ?? node.or;
    if (all) {
      const words = all.map((one) => (one.and || one.or ? `(${condition(one)})` : condition(one)));
      return words.join(` ${t(node.and ? "rules.and" : "rules.or")} `);
    }
    if (node.not) return `${t("rules.not")} (${condition(node.not)})`;
    return node.field && node.operator && node.value !== undefined && node.value !== null
      ? comparison(node as Seen)
      : "–";
  };
  const action = (one: Action) => {
    switch (one.type) {
      case "apply_label":
        return t("rules.does.apply_label", { label: one.label });
      case "send_alert":
        return t("rules.does.send_alert", { count: one.user_ids?.length ?? 0 });
      case "adjust_budget":
        return t("rules.does.adjust_budget", { percent: format.number(one.percent, 1) });
      default:
        return t("rules.does.pause_campaign");
    }
  };
  return { comparison, condition, action, shown };
}

/** Every comparison of a condition, with the value that was seen. */
export function SeenValues({ observed }: { observed: Seen[] }) {
  const t = useTexts();
  const { comparison, shown } = useRuleWords();
  return (
    <ul>
      {observed.map((one) => (
        <li key={comparison(one)}>
          <bdi>{comparison(one)}</bdi>:{" "}
          <bdi className="font-medium">
            {one.observed === null || one.observed === undefined
              ? t("rules.unknown")
              : shown(one.field, one.observed)}
          </bdi>
        </li>
      ))}
    </ul>
  );
}
