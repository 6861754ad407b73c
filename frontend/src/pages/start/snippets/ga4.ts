/** The Measurement Protocol of Google Analytics 4. */

import type { Door, Place } from "./door";

const address = ({ origin, dataset, key }: Place) =>
  `${origin}/mp/collect?${isApp(dataset) ? "firebase_app_id" : "measurement_id"}=${encodeURIComponent(dataset)}&api_secret=${key}`;

/** Streams of apps have ids with colons. */
const isApp = (dataset: string) => dataset.includes(":");

const client = (dataset: string) => (isApp(dataset) ? "app_instance_id" : "client_id");

const curl = (place: Place) => `curl -s -w '%{http_code}\\n' "${address(place)}" \\
  -H 'content-type: application/json' \\
  -d '{"${client(place.dataset)}":"123.456","user_id":"customer-7","events":[
       {"name":"purchase","params":{"transaction_id":"order-1","value":59.9,"currency":"EUR",
        "page_location":"https://shop.example/thanks"}}]}'
# 204 says that it came; what is wrong with it tells /debug/mp/collect`;

const python = ({ origin, dataset, key }: Place) => `# pip install ga4mp
from ga4mp import ${isApp(dataset) ? "FirebaseMP" : "GtagMP"}

${
  isApp(dataset)
    ? `client = FirebaseMP(api_secret="${key}", firebase_app_id="${dataset}", app_instance_id="${"0".repeat(32)}")`
    : `client = GtagMP(api_secret="${key}", measurement_id="${dataset}", client_id="123.456")`
}
client._base_domain = "${origin}/mp/collect"   # the only lines that differ
client._validation_domain = "${origin}/debug/mp/collect"

purchase = client.create_new_event(name="purchase")
purchase.set_event_param("transaction_id", "order-1")
purchase.set_event_param("value", 59.9)
purchase.set_event_param("currency", "EUR")
purchase.set_event_param("page_location", "https://shop.example/thanks")
client.send(events=[purchase])`;

export const ga4: Door = {
  snippets: { curl, python },
  test: (dataset, key, now) => ({
    path: address({ origin: "", dataset, key: encodeURIComponent(key) }),
    headers: {},
    body: {
      [client(dataset)]: "123.456",
      user_id: "stratum-test",
      events: [
        {
          name: "page_view",
          params: { event_id: `stratum-test-${now}`, page_location: "https://shop.example/stratum-test" },
        },
      ],
    },
  }),
};
