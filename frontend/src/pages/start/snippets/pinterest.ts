/** Pinterest's Conversions API. */

import type { Door, Place } from "./door";

const curl = ({ origin, dataset, key }: Place) => `curl -s "${origin}/v5/ad_accounts/${dataset}/events" \\
  -H 'content-type: application/json' -H 'authorization: Bearer ${key}' \\
  -d '{"data":[{"event_name":"checkout","event_time":'$(date +%s)',"event_id":"order-1",
       "action_source":"web","event_source_url":"https://shop.example/thanks",
       "user_data":{"em":["jane@example.com"]},
       "custom_data":{"value":"59.9","currency":"EUR"}}]}'`;

const python = ({ origin, dataset, key }: Place) => `# pip install pinterest-api-sdk
import os, time
from hashlib import sha256
os.environ["PINTEREST_API_URI"] = "${origin}/v5"   # the only line that differs
os.environ["PINTEREST_ACCESS_TOKEN"] = "${key}"

from pinterest.ads.conversion_events import Conversion
from pinterest.client import PinterestSDKClient

client = PinterestSDKClient.create_client_with_token("${key}")
event = Conversion.create_conversion_event(
    event_name="checkout",
    action_source="web",
    event_time=int(time.time()),
    event_id="order-1",
    event_source_url="https://shop.example/thanks",
    user_data={"em": [sha256(b"jane@example.com").hexdigest()]},
    custom_data={"value": "59.9", "currency": "EUR"},
)
print(Conversion.send_conversion_events("${dataset}", [event], False, client))`;

export const pinterest: Door = {
  snippets: { curl, python },
  test: (dataset, key, now) => ({
    path: `/v5/ad_accounts/${encodeURIComponent(dataset)}/events`,
    headers: { authorization: `Bearer ${key}` },
    body: {
      data: [
        {
          event_name: "page_visit",
          event_time: Math.floor(now / 1000),
          event_id: `stratum-test-${now}`,
          action_source: "web",
          event_source_url: "https://shop.example/stratum-test",
          user_data: { em: ["test@example.com"], client_user_agent: navigator.userAgent },
        },
      ],
    },
  }),
};
