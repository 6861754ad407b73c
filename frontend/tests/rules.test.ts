import { expect, test } from "vitest";
import type { Schemas } from "../src/api/client";
import {
  aggregatesOf,
  FIELDS,
  groupOf,
  hasWindow,
  isWhole,
  newGroup,
  newLine,
  nodeOf,
  operatorsOf,
  withField,
} from "../src/pages/rules/draft";

const roas: Schemas["ConditionNode"] = {
  field: "roas",
  operator: "less_than",
  value: 1.5,
  window_days: 7,
  aggregate: "total",
};
const named: Schemas["ConditionNode"] = { field: "name", operator: "in", value: ["a", "b"] };

test("a condition is written as it was read, however it is nested", () => {
  const conditions: Schemas["ConditionNode"][] = [
    roas,
    { not: roas },
    { and: [roas, named] },
    { or: [roas, { and: [named, { not: { or: [roas, named] } }] }] },
    { not: { and: [roas, { field: "status", operator: "equals", value: "active" }] } },
  ];
  for (const node of conditions) expect(nodeOf(groupOf(node))).toEqual(node);
  expect(nodeOf(groupOf({ not: { not: roas } }))).toEqual(roas);
});

test("a line is whole once the server would take it", () => {
  const line = newLine("spend");
  expect(isWhole(newGroup([line]))).toBe(false);
  expect(isWhole(newGroup([{ ...line, value: "12.5" }]))).toBe(true);
  expect(isWhole(newGroup([{ ...line, value: "12,5" }]))).toBe(false);
  expect(isWhole(newGroup([{ ...line, value: "1", days: "31" }]))).toBe(false);
  expect(isWhole(newGroup([{ ...newLine("name"), value: " " }]))).toBe(false);
  expect(isWhole(newGroup([]))).toBe(false);
});

test("another field takes what it can have of the one before", () => {
  const line = {
    ...newLine("spend"),
    operator: "gte" as const,
    value: "5",
    aggregate: "daily_average" as const,
  };
  const roas = withField(line, "roas");
  expect([roas.operator, roas.value, roas.aggregate]).toEqual(["gte", "5", "total"]);
  const status = withField(line, "status");
  expect([status.operator, status.value]).toEqual(["equals", "active"]);
  for (const field of FIELDS) {
    expect(operatorsOf(field)).not.toHaveLength(0);
    expect(aggregatesOf(field).length > 0).toBe(hasWindow(field));
  }
});
