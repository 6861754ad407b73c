// Sends one scenario through Segment's own Node SDK and prints what the SDK made of the answer.
//
//     node send.mjs BASE_URL DATASET_ID KEY SCENARIO PREFIX
//
// One line of JSON: {"error": null or {"class", "status", "message"}}. A key names its dataset by itself. The SDK is
// looked for in $STRATUM_CLIENTS/segment/node, else under the user's cache.

import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const clients = process.env.STRATUM_CLIENTS ?? join(homedir(), ".cache/stratum/clients");
const found = createRequire(join(clients, "segment/node/package.json")).resolve("@segment/analytics-node");
const { Analytics } = await import(pathToFileURL(found));

const [host, , writeKey, scenario, prefix] = process.argv.slice(2);
const analytics = new Analytics({ writeKey, host, maxRetries: 0, flushInterval: 100, maxTotalBackoffDuration: 1, maxRateLimitDuration: 1 });

const purchase = (number, ageDays = 0) => ({
  userId: "customer-7",
  event: "Order Completed",
  messageId: `${prefix}-${number}`,
  timestamp: new Date(Date.now() - ageDays * 86_400_000 - 60_000),
  properties: { revenue: 59.9, currency: "EUR", order_id: "o-1", products: [{ sku: "1" }] },
  context: {
    ip: "93.184.216.34",
    userAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
    page: { url: "https://shop.example/thanks?utm_id=77" },
    traits: { email: "jane@example.com", phone: "+16505551212" },
  },
});

const scenarios = {
  purchase: [purchase(0)],
  batch: [0, 1, 2].map((number) => purchase(number)),
  // The second is taken, the first is not; the SDK hears of success.
  refused: [purchase(3, 91), purchase(4)],
};

let error = null;
analytics.on("error", (told) => {
  const reason = told.reason ?? told;
  error ??= { class: told.code ?? told.name, status: reason?.status ?? null, message: String(reason?.message ?? told) };
});
for (const event of scenarios[scenario]) analytics.track(event);
await analytics.closeAndFlush({ timeout: 5_000 });
console.log(JSON.stringify({ error }));
