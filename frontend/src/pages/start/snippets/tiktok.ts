/** TikTok's Events API: 2.0 by hand, 1.0 by TikTok's SDKs. */

import type { Door, Place } from "./door";

const curl = ({ origin, dataset, key }: Place) => `curl -s "${origin}/open_api/v1.3/event/track/" \\
  -H 'content-type: application/json' -H 'Access-Token: ${key}' \\
  -d '{"event_source":"web","event_source_id":"${dataset}","data":[
       {"event":"Purchase","event_time":'$(date +%s)',"event_id":"order-1",
        "page":{"url":"https://shop.example/thanks"},
        "user":{"email":"jane@example.com"},
        "properties":{"value":59.9,"currency":"EUR"}}]}'`;

const python = ({
  origin,
  dataset,
  key,
}: Place) => `# pip install tiktok-business-api-sdk-official six certifi
from datetime import datetime, timezone
from hashlib import sha256
import business_api_client as tiktok

configuration = tiktok.Configuration()
configuration.host = "${origin}"   # the only line that differs

api = tiktok.EventCallbackApi(tiktok.ApiClient(configuration))
user = tiktok.PixelContextUser(email=sha256(b"jane@example.com").hexdigest())
event = tiktok.PixelTrackBody(
    pixel_code="${dataset}",
    event="Purchase",
    event_id="order-1",
    timestamp=datetime.now(timezone.utc).isoformat(),
    context=tiktok.PixelContext(user=user, page=tiktok.PixelContextPage(url="https://shop.example/thanks")),
    properties=tiktok.PixelProperties(value=59.9, currency="EUR"),
)
print(api.pixel_track("${key}", body=event))`;

const node = ({
  origin,
  dataset,
  key,
}: Place) => `// npm install tiktok-business-api-sdk-official, in an ES module
import { createHash } from "node:crypto";
import { ApiClient, EventCallbackApi } from "tiktok-business-api-sdk-official";
ApiClient.instance.basePath = "${origin}"; // the only line that differs

const email = createHash("sha256").update("jane@example.com").digest("hex");
const body = {
  pixel_code: "${dataset}",
  event: "Purchase",
  event_id: "order-1",
  timestamp: new Date().toISOString(),
  context: { user: { email }, page: { url: "https://shop.example/thanks" } },
  properties: { value: 59.9, currency: "EUR" },
};
new EventCallbackApi().pixelTrack("${key}", { body }, (error, answer) => console.log(error ?? answer));`;

const php = ({ origin, dataset, key }: Place) => `<?php
$event = [
  'event' => 'Purchase',
  'event_time' => time(),
  'event_id' => 'order-1',
  'page' => ['url' => 'https://shop.example/thanks'],
  'user' => ['email' => hash('sha256', 'jane@example.com')],
  'properties' => ['value' => 59.9, 'currency' => 'EUR'],
];
$body = ['event_source' => 'web', 'event_source_id' => '${dataset}', 'data' => [$event]];
$context = stream_context_create(['http' => [
  'method' => 'POST',
  'header' => "content-type: application/json\\r\\nAccess-Token: ${key}\\r\\n",
  'content' => json_encode($body),
  'ignore_errors' => true,
]]);
echo file_get_contents('${origin}/open_api/v1.3/event/track/', false, $context);`;

export const tiktok: Door = {
  snippets: { curl, python, node, php },
  test: (dataset, key, now) => ({
    path: "/open_api/v1.3/event/track/",
    headers: { "access-token": key },
    body: {
      event_source: "web",
      event_source_id: dataset,
      data: [
        {
          event: "PageView",
          event_time: Math.floor(now / 1000),
          event_id: `stratum-test-${now}`,
          page: { url: "https://shop.example/stratum-test" },
          user: { email: "test@example.com", user_agent: navigator.userAgent },
        },
      ],
    },
  }),
};
