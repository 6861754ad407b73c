/** Meta's Conversions API. */

import type { Door, Place } from "./door";

const curl = ({
  origin,
  dataset,
  key,
}: Place) => `curl -s "${origin}/v24.0/${dataset}/events?access_token=${key}" \\
  -H 'content-type: application/json' \\
  -d '{"data":[{"event_name":"Purchase","event_time":'$(date +%s)',"event_id":"order-1",
       "action_source":"website","event_source_url":"https://shop.example/thanks",
       "user_data":{"em":"jane@example.com"},
       "custom_data":{"value":59.9,"currency":"EUR"}}]}'`;

const python = ({ origin, dataset, key }: Place) => `# pip install facebook-business
import time
from facebook_business.session import FacebookSession
FacebookSession.GRAPH = "${origin}"   # the only line that differs

from facebook_business.api import FacebookAdsApi
from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.event_request import EventRequest
from facebook_business.adobjects.serverside.user_data import UserData

FacebookAdsApi.init(access_token="${key}")
event = Event(
    event_name="Purchase",
    event_time=int(time.time()),
    event_id="order-1",
    action_source=ActionSource.WEBSITE,
    event_source_url="https://shop.example/thanks",
    user_data=UserData(email="jane@example.com"),
    custom_data=CustomData(value=59.9, currency="EUR"),
)
print(EventRequest(pixel_id="${dataset}", events=[event]).execute())`;

const node = ({ origin, dataset, key }: Place) => `// npm install facebook-nodejs-business-sdk
const bizSdk = require("facebook-nodejs-business-sdk");
Object.defineProperty(bizSdk.FacebookAdsApi, "GRAPH", { get: () => "${origin}" }); // the only line that differs

bizSdk.FacebookAdsApi.init("${key}");
const user = new bizSdk.UserData().setEmails(["jane@example.com"]);
const custom = new bizSdk.CustomData().setValue(59.9).setCurrency("EUR");
const event = new bizSdk.ServerEvent()
  .setEventName("Purchase")
  .setEventTime(Math.floor(Date.now() / 1000))
  .setEventId("order-1")
  .setActionSource("website")
  .setEventSourceUrl("https://shop.example/thanks")
  .setUserData(user)
  .setCustomData(custom);
new bizSdk.EventRequest("${key}", "${dataset}").setEvents([event]).execute().then(console.log, console.error);`;

const php = ({ origin, dataset, key }: Place) => `<?php
$event = [
  'event_name' => 'Purchase',
  'event_time' => time(),
  'event_id' => 'order-1',
  'action_source' => 'website',
  'event_source_url' => 'https://shop.example/thanks',
  'user_data' => ['em' => [hash('sha256', 'jane@example.com')]],
  'custom_data' => ['value' => 59.9, 'currency' => 'EUR'],
];
$context = stream_context_create(['http' => [
  'method' => 'POST',
  'header' => "content-type: application/json\\r\\n",
  'content' => json_encode(['data' => [$event]]),
  'ignore_errors' => true,
]]);
echo file_get_contents('${origin}/v24.0/${dataset}/events?access_token=${key}', false, $context);`;

export const meta: Door = {
  snippets: { curl, python, node, php },
  test: (dataset, key, now) => ({
    path: `/capi/${encodeURIComponent(dataset)}/events`,
    headers: { authorization: `Bearer ${key}` },
    body: {
      data: [
        {
          event_name: "PageView",
          event_time: Math.floor(now / 1000),
          event_id: `stratum-test-${now}`,
          action_source: "website",
          event_source_url: "https://shop.example/stratum-test",
          user_data: { em: "test@example.com", client_user_agent: navigator.userAgent },
        },
      ],
    },
  }),
};
