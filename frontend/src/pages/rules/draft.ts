/** A rule while it is written: the tree of its condition as groups of lines, and what the API wants of it. */
import type { Schemas } from "../../api/client";

export type Field = Schemas["RuleField"];
export type Operator = Schemas["Operator"];
export type Aggregate = Schemas["Aggregate"];
type Node = Schemas["ConditionNode"];
type Value = Schemas["ConditionValue"];

export interface Line {
  kind: "line";
  id: number;
  field: Field;
  operator: Operator;
  /** As it is written; of several texts, parted by commas. */
  value: string;
  days: string;
  aggregate: Aggregate;
}

export interface Group {
  kind: "group";
  id: number;
  join: "and" | "or";
  isNot: boolean;
  parts: (Line | Group)[];
}

const FIGURES = [
  "roas",
  "spend",
  "revenue",
  "conversions",
  "cpa",
  "ctr",
  "cvr",
  "cpc",
  "cpm",
  "clicks",
  "impressions",
  "tracked_roas",
  "tracked_revenue",
  "tracked_conversions",
  "tracked_cpa",
  "tracked_cvr",
  "match_quality",
] as const satisfies Field[];
const NUMBERS = ["daily_budget", "data_age_hours"] as const satisfies Field[];
const TEXTS = ["status", "platform", "name", "label"] as const satisfies Field[];
export const FIELDS: readonly Field[] = [...FIGURES, ...NUMBERS, ...TEXTS];

const SUMS: readonly Field[] = [
  "spend",
  "revenue",
  "conversions",
  "clicks",
  "impressions",
  "tracked_revenue",
  "tracked_conversions",
];
const AMOUNTS: readonly Field[] = [
  "spend",
  "revenue",
  "cpa",
  "cpc",
  "cpm",
  "tracked_revenue",
  "tracked_cpa",
  "daily_budget",
];

const isIn = (all: readonly Field[], field: Field) => all.includes(field);

export const hasWindow = (field: Field) => isIn(FIGURES, field);
export const isText = (field: Field) => isIn(TEXTS, field);
export const isAmount = (field: Field) => isIn(AMOUNTS, field);

/** The operators of a field, the most common first. */
export function operatorsOf(field: Field): Operator[] {
  if (field === "label") return ["contains", "in"];
  if (field === "name") return ["contains", "equals", "not_equals", "in"];
  if (isText(field)) return ["equals", "not_equals", "in"];
  return ["less_than", "lte", "greater_than", "gte", "equals", "not_equals"];
}

export function aggregatesOf(field: Field): Aggregate[] {
  if (!hasWindow(field)) return [];
  if (field === "match_quality") return ["total"];
  const all: Aggregate[] = ["total", "change_percent", "daily_minimum", "daily_maximum"];
  return isIn(SUMS, field) ? ["total", "daily_average", ...all.slice(1)] : all;
}

let last = 0;
const next = () => ++last;

export function newLine(field: Field = "roas"): Line {
  const value = field === "status" ? "active" : field === "platform" ? "meta" : "";
  const [operator = "equals"] = operatorsOf(field);
  return { kind: "line", id: next(), field, operator, value, days: "7", aggregate: "total" };
}

export function newGroup(parts: Group["parts"] = [newLine()], join: Group["join"] = "and"): Group {
  return { kind: "group", id: next(), join, isNot: false, parts };
}

/** The line with another field: what it cannot have is replaced. */
export function withField(line: Line, field: Field): Line {
  const fresh = newLine(field);
  const isSameKind = isText(line.field) === isText(field) && !["status", "platform"].includes(field);
  return {
    ...line,
    field,
    operator: operatorsOf(field).includes(line.operator) ? line.operator : fresh.operator,
    value: isSameKind ? line.value : fresh.value,
    aggregate: aggregatesOf(field).includes(line.aggregate) ? line.aggregate : fresh.aggregate,
  };
}

export const textsOf = (value: string) =>
  value
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");

function nodeOfLine(line: Line): Node {
  const value: Value = !isText(line.field)
    ? Number(line.value)
    : line.operator === "in"
      ? textsOf(line.value)
      : line.value.trim();
  const window = hasWindow(line.field) ? { window_days: Number(line.days), aggregate: line.aggregate } : {};
  return { field: line.field, operator: line.operator, value, ...window };
}

/** The condition as the API takes it. */
export function nodeOf(group: Group): Node {
  const parts = group.parts.map((part) => (part.kind === "line" ? nodeOfLine(part) : nodeOf(part)));
  const [only] = parts;
  const inner: Node =
    parts.length === 1 && only ? only : group.join === "and" ? { and: parts } : { or: parts };
  return group.isNot ? { not: inner } : inner;
}

function partOf(node: Node): Line | Group {
  if (node.and) return newGroup(node.and.map(partOf), "and");
  if (node.or) return newGroup(node.or.map(partOf), "or");
  if (node.not) {
    const inner = groupOf(node.not);
    return { ...inner, isNot: !inner.isNot };
  }
  const { field = "roas", operator, value } = node;
  const fresh = newLine(field ?? "roas");
  return {
    ...fresh,
    operator: operator ?? fresh.operator,
    value: Array.isArray(value) ? value.join(", ") : String(value ?? ""),
    days: String(node.window_days ?? 7),
    aggregate: node.aggregate ?? "total",
  };
}

/** A condition of the API as a group of lines. */
export function groupOf(node: Node): Group {
  const part = partOf(node);
  return part.kind === "group" ? part : newGroup([part]);
}

/** Whether every line has a value, a number where one is wanted, and a window of 1 to 30 days. */
export function isWhole(group: Group): boolean {
  return (
    group.parts.length > 0 &&
    group.parts.every((part) => {
      if (part.kind === "group") return isWhole(part);
      if (part.value.trim() === "") return false;
      if (!isText(part.field) && !Number.isFinite(Number(part.value))) return false;
      const days = Number(part.days);
      return !hasWindow(part.field) || (Number.isInteger(days) && days >= 1 && days <= 30);
    })
  );
}
