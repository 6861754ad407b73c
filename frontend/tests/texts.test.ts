import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import ar from "../lang/ar.json";
import en from "../lang/en.json";

interface Named {
  enum?: string[];
}

const document = JSON.parse(readFileSync("../api/openapi.json", "utf8")) as {
  components: { schemas: Record<string, Named> };
};

/** Names of the API's document that the page puts into words, by what it puts around them. */
const WORDS: Record<string, string[]> = {
  Permission: ["right.{}"],
  Role: ["role.{}", "role.{}.may"],
  CampaignStatus: ["status.{}"],
  ConnectorStatus: ["connector.{}"],
  Schedule: ["schedule.{}"],
  PullState: ["run.{}"],
  PullKind: ["pull.{}"],
  JobState: ["job.{}"],
  AssetKind: ["asset.{}"],
  OptimizationGoal: ["goal.{}"],
  ApiKeyScope: ["scope.{}"],
  Place: ["place.{}", "place.{}.holds"],
  Kind: ["person.{}"],
  FileCompression: ["packing.{}"],
  FaultCode: ["fault.{}"],
  JobKind: ["jobKind.{}"],
  RuleField: ["ruleField.{}"],
  Operator: ["operator.{}"],
  Aggregate: ["aggregate.{}"],
  ExecutionOutcome: ["rules.outcome.{}"],
  Repeat: ["repeat.{}"],
  RoleName: ["process.role.{}"],
  IssueCode: ["issue.{}", "issue.{}.why"],
  FixState: ["fixState.{}"],
  FixEnd: ["fixEnd.{}"],
  NoFixReason: ["noFix.{}"],
  ClickIdSource: ["setting.value.{}"],
  EventIdSource: ["setting.value.{}"],
  Normalization: ["setting.value.{}"],
};

test("every name of the API's document that is shown has words in both languages", () => {
  const missing: string[] = [];
  for (const [schema, forms] of Object.entries(WORDS)) {
    const names = document.components.schemas[schema]?.enum ?? [];
    expect(names, schema).not.toEqual([]);
    for (const name of names)
      for (const form of forms) {
        const id = form.replace("{}", name);
        if (!(id in en) || !(id in ar)) missing.push(id);
      }
  }
  expect(missing).toEqual([]);
});
