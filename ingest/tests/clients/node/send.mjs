// Sends one scenario through Meta's own Node SDK and prints what the SDK made of the answers.
//
//     node send.mjs BASE_URL DATASET_ID TOKEN SCENARIO [--prefix TEXT] [--app-secret TEXT]
//
// One line of JSON: {"events_received", "requests", "errors": [...]}. The SDK is looked for in
// $STRATUM_CLIENTS/node, else under the user's cache.

import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { builders } from "./events.mjs";

const clients = process.env.STRATUM_CLIENTS ?? join(homedir(), ".cache/stratum/clients");
const sdk = createRequire(join(clients, "node/package.json"))("facebook-nodejs-business-sdk");
const { BatchProcessor, EventRequest, FacebookAdsApi } = sdk;
const { purchase, purchases, severalValues, DAY } = builders(sdk);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { prefix: { type: "string", default: "node" }, "app-secret": { type: "string" } },
});
const [base, dataset, token, scenario] = positionals;
const { prefix, "app-secret": appSecret } = values;
Object.defineProperty(FacebookAdsApi, "GRAPH", { get: () => base });

const FLOOD_REQUESTS = 48;

const request = (events, { testCode = null } = {}) =>
  new EventRequest(
    token, dataset, events, "acme-1.0", testCode, null, null, null, null, false, null, appSecret,
  );

// An exception as a test can read it.
function described(error) {
  if (error.name !== "FacebookRequestError") return { class: error.name, message: error.message };
  const body = error.response ?? {};
  return {
    class: error.name,
    status: error.status,
    code: body.code,
    subcode: body.error_subcode ?? null,
    type: body.type,
    is_transient: body.is_transient ?? null,
    message: error.message,
    blame: body.error_data?.blame_field_specs ?? null,
    title: body.error_user_title ?? null,
    user_message: body.error_user_msg ?? null,
    trace: body.fbtrace_id ?? null,
  };
}

async function send(promises) {
  const outcomes = await Promise.allSettled(promises);
  const answered = outcomes.filter((one) => one.status === "fulfilled").map((one) => one.value);
  const failed = outcomes.filter((one) => one.status === "rejected").map((one) => one.reason);
  return {
    requests: outcomes.length,
    events_received: answered.reduce((sum, one) => sum + one.events_received, 0),
    traces: answered.map((one) => one.fbtrace_id),
    errors: failed.map(described),
  };
}

const scenarios = {
  sync: () => send([request(purchases(prefix, 2)).execute()]),
  test_code: () => send([request(purchases(prefix, 1), { testCode: "TEST123" }).execute()]),
  batch: () => {
    const groups = new BatchProcessor(50, 4);
    const sent = groups.processEventsGenerator(request([]), purchases(prefix, 120));
    return send([...sent].flat());
  },
  lists: () => send([request([purchase(`${prefix}-0`, { userData: severalValues() })]).execute()]),
  too_old: () => send([request([purchase(`${prefix}-0`, { ageSeconds: 8 * DAY })]).execute()]),
  missing_value: () => {
    const bad = purchase("without", { value: null });
    return send([request([...purchases(prefix, 2), bad]).execute()]);
  },
  missing_currency: () => {
    const bad = purchase("without", { currency: null });
    return send([request([...purchases(prefix, 2), bad]).execute()]);
  },
  value_alone: () => {
    const alone = purchase(`${prefix}-alone`, { name: "AddToCart", currency: null });
    return send([request([...purchases(prefix, 1), alone]).execute()]);
  },
  too_many: () => send([request(purchases(prefix, 1001)).execute()]),
  flood: () =>
    send(
      Array.from({ length: FLOOD_REQUESTS }, (_, number) =>
        request(purchases(`${prefix}-${number}`, 200)).execute(),
      ),
    ),
};

if (!Object.hasOwn(scenarios, scenario ?? "")) {
  console.error(`usage: send.mjs BASE_URL DATASET_ID TOKEN ${Object.keys(scenarios).join("|")}`);
  process.exit(2);
}
const result = await scenarios[scenario]();
console.log(JSON.stringify({ scenario, ...result }));
// The SDK's keep-alive sockets would hold the process open.
process.exit(0);
