/** LinkedIn's Conversions API. */

import type { Door, Place } from "./door";

const curl = ({ origin, dataset, key }: Place) => `curl -s "${origin}/rest/conversionEvents" \\
  -H 'content-type: application/json' -H 'authorization: Bearer ${key}' \\
  -H 'LinkedIn-Version: 202611' -H 'X-RestLi-Method: BATCH_CREATE' \\
  -d '{"elements":[{"conversion":"urn:lla:llaPartnerConversion:${dataset}",
       "conversionHappenedAt":'$(date +%s000)',"eventId":"order-1",
       "conversionValue":{"currencyCode":"EUR","amount":"59.9"},
       "user":{"userIds":[{"idType":"SHA256_EMAIL","idValue":"jane@example.com"}]}}]}'`;

const python = ({ origin, dataset, key }: Place) => `# pip install linkedin-api-client
import time
from hashlib import sha256
from linkedin_api.clients.restli.client import RestliClient
from linkedin_api.common import constants

constants.VERSIONED_BASE_URL = "${origin}/rest"   # the only line that differs
event = {
    "conversion": "urn:lla:llaPartnerConversion:${dataset}",
    "conversionHappenedAt": int(time.time() * 1000),
    "eventId": "order-1",
    "conversionValue": {"currencyCode": "EUR", "amount": "59.9"},
    "user": {"userIds": [
        {"idType": "SHA256_EMAIL", "idValue": sha256(b"jane@example.com").hexdigest()},
    ]},
}
told = RestliClient().batch_create(
    resource_path="/conversionEvents",
    entities=[event],
    access_token="${key}",
    version_string="202611",
)
print([(one.status, one.error) for one in told.elements])`;

export const linkedin: Door = {
  snippets: { curl, python },
  test: (dataset, key, now) => ({
    path: "/rest/conversionEvents",
    headers: { authorization: `Bearer ${key}` },
    body: {
      conversion: `urn:lla:llaPartnerConversion:${dataset}`,
      conversionHappenedAt: now,
      eventId: `stratum-test-${now}`,
      user: { userIds: [{ idType: "SHA256_EMAIL", idValue: "test@example.com" }] },
    },
  }),
};
