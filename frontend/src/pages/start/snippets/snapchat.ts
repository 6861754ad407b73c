/** Snapchat's Conversions API: v3 by hand, v2 by Snapchat's SDK. */

import type { Door, Place } from "./door";

const curl = ({
  origin,
  dataset,
  key,
}: Place) => `curl -s "${origin}/v3/${dataset}/events?access_token=${key}" \\
  -H 'content-type: application/json' \\
  -d '{"data":[{"event_name":"PURCHASE","event_time":'$(date +%s)',"event_id":"order-1",
       "action_source":"WEB","event_source_url":"https://shop.example/thanks",
       "user_data":{"em":["jane@example.com"]},
       "custom_data":{"value":59.9,"currency":"EUR"}}]}'`;

const python = ({ origin, dataset, key }: Place) => `# pip install snap-business-sdk jellyfish
import time
from snap_business_sdk.public.conversion_api import ConversionApi
from snap_business_sdk.public.conversion_event import ConversionEvent

api = ConversionApi("${key}", launchpad_url="${origin}")   # the only line that differs
event = ConversionEvent(
    pixel_id="${dataset}",
    event_type="PURCHASE",
    event_conversion_type="WEB",
    timestamp=str(int(time.time() * 1000)),
    email="jane@example.com",
    page_url="https://shop.example/thanks",
    price="59.9",
    currency="EUR",
    client_dedup_id="order-1",
)
print(api.send_event_sync(event))`;

export const snapchat: Door = {
  snippets: { curl, python },
  test: (dataset, key, now) => ({
    path: "/v2/conversion",
    headers: { authorization: `Bearer ${key}` },
    body: [
      {
        pixel_id: dataset,
        event_type: "PAGE_VIEW",
        event_conversion_type: "WEB",
        timestamp: String(now),
        client_dedup_id: `stratum-test-${now}`,
        page_url: "https://shop.example/stratum-test",
        hashed_email: "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b",
        user_agent: navigator.userAgent,
      },
    ],
  }),
};
