/** Segment's tracking API: the key names the dataset. */

import type { Door, Place } from "./door";

const curl = ({ origin, key }: Place) => `curl -s "${origin}/v1/track" \\
  -H 'content-type: application/json' -u '${key}:' \\
  -d '{"userId":"customer-7","messageId":"order-1","event":"Order Completed",
       "properties":{"revenue":59.9,"currency":"EUR","order_id":"order-1"},
       "context":{"page":{"url":"https://shop.example/thanks"},
                  "traits":{"email":"jane@example.com"}}}'`;

const python = ({ origin, key }: Place) => `# pip install segment-analytics-python
from segment import analytics

analytics.host = "${origin}"   # the only line that differs
analytics.write_key = "${key}"
analytics.on_error = lambda error, messages: print("not taken:", error)
analytics.track(
    "customer-7",
    "Order Completed",
    {"revenue": 59.9, "currency": "EUR", "order_id": "order-1"},
    context={"page": {"url": "https://shop.example/thanks"}, "traits": {"email": "jane@example.com"}},
    message_id="order-1",
)
analytics.flush()`;

const node = ({ origin, key }: Place) => `// npm install @segment/analytics-node, in an ES module
import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({
  host: "${origin}", // the only line that differs
  writeKey: "${key}",
});
analytics.on("error", (error) => console.error("not taken:", error));
analytics.track({
  userId: "customer-7",
  messageId: "order-1",
  event: "Order Completed",
  properties: { revenue: 59.9, currency: "EUR", order_id: "order-1" },
  context: { page: { url: "https://shop.example/thanks" }, traits: { email: "jane@example.com" } },
});
await analytics.closeAndFlush();`;

export const segment: Door = {
  snippets: { curl, python, node },
  test: (_, key, now) => ({
    path: "/v1/page",
    headers: { "x-write-key": key },
    body: {
      messageId: `stratum-test-${now}`,
      userId: "stratum-test",
      context: {
        page: { url: "https://shop.example/stratum-test" },
        traits: { email: "test@example.com" },
        userAgent: navigator.userAgent,
      },
    },
  }),
};
