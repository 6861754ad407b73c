// Sends one scenario through TikTok's own Node SDK and prints what the SDK made of the answer.
//
//     node send.mjs BASE_URL DATASET_ID TOKEN SCENARIO PREFIX
//
// One line of JSON: {"error": null or {"class", "status", "message"}}. The SDK is looked for in
// $STRATUM_CLIENTS/tiktok/node, else under the user's cache.

import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const clients = process.env.STRATUM_CLIENTS ?? join(homedir(), ".cache/stratum/clients");
const found = createRequire(join(clients, "tiktok/node/package.json")).resolve("tiktok-business-api-sdk-official");
const tiktok = await import(pathToFileURL(found));

const [base, dataset, token, scenario, prefix] = process.argv.slice(2);
tiktok.ApiClient.instance.basePath = base;
const api = new tiktok.EventCallbackApi();

// The SDK leaves hashing to its caller.
const hashed = (text) => createHash("sha256").update(text).digest("hex");
const stamp = (ageSeconds) => new Date(Date.now() - ageSeconds * 1000).toISOString();

const event = (number, ageSeconds = 60) => ({
  event: "CompletePayment",
  event_id: `${prefix}-${number}`,
  timestamp: stamp(ageSeconds),
  context: {
    ad: { callback: "E.C.P.click" },
    page: { url: "https://shop.example/thanks?utm_id=77" },
    user: {
      email: hashed("jane@example.com"),
      phone_number: hashed("+16505551212"),
      external_id: hashed("customer-7"),
    },
    ip: "93.184.216.34",
    user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
  },
  properties: {
    contents: [{ content_id: "sku-1", content_type: "product", price: 29.95, quantity: 2 }],
    currency: "EUR",
    value: 59.9,
  },
});

const track = (body) => (done) => api.pixelTrack(token, { body }, done);
const scenarios = {
  purchase: track({ pixel_code: dataset, ...event(0) }),
  batch: (done) => {
    const batch = [0, 1, 2].map((number) => ({ type: "track", ...event(number) }));
    api.pixelBatch(token, { body: { pixel_code: dataset, batch } }, done);
  },
  refused: track({ pixel_code: dataset, ...event(0, 8 * 86_400) }),
};

function described(error) {
  if (!error) return null;
  const message = error.response?.text || error.message || JSON.stringify(error);
  return { class: error.name ?? error.constructor.name, status: error.status ?? null, message };
}

scenarios[scenario]((error) => console.log(JSON.stringify({ error: described(error) })));
