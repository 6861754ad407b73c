"""Sends one scenario through LinkedIn's own Python client and prints what the client made of the answer.

    send.py BASE_URL CONVERSION_ID TOKEN SCENARIO PREFIX

One line of JSON: {"error": null or {"class", "status", "message"}}.
"""

import hashlib
import json
import sys
import time

from linkedin_api.clients.restli.client import RestliClient
from linkedin_api.common import constants

BASE, CONVERSION, TOKEN, SCENARIO, PREFIX = sys.argv[1:]
constants.VERSIONED_BASE_URL = f"{BASE}/rest"


def conversion(number, age_seconds=60):
    return {
        "conversion": f"urn:lla:llaPartnerConversion:{CONVERSION}",
        "conversionHappenedAt": int((time.time() - age_seconds) * 1000),
        "conversionValue": {"currencyCode": "EUR", "amount": "59.9"},
        "eventId": f"{PREFIX}-{number}",
        "user": {
            "userIds": [
                {"idType": "SHA256_EMAIL", "idValue": hashlib.sha256(b"jane@example.com").hexdigest()},
                {
                    "idType": "LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID",
                    "idValue": "df5gf5-gh6t7-ph4j7h-fgf6n1",
                },
            ],
            "userInfo": {"firstName": "Jane", "lastName": "Doe", "countryCode": "DE"},
            "externalIds": ["customer-7"],
        },
    }


SCENARIOS = {
    "purchase": lambda: [conversion(0)],
    "batch": lambda: [conversion(number) for number in range(3)],
    # The second is taken, the first is not.
    "refused": lambda: [conversion(3, age_seconds=91 * 86_400), conversion(4)],
}


def main():
    error = None
    try:
        told = RestliClient().batch_create(
            resource_path="/conversionEvents",
            entities=SCENARIOS[SCENARIO](),
            access_token=TOKEN,
            version_string="202611",
        )
        refused = [one for one in told.elements if one.status != 201]
        if refused:
            error = {"class": "status", "status": refused[0].status, "message": str(refused[0].error)}
    except Exception as caught:  # what the client lets through is what is asked for
        response = getattr(caught, "response", None)
        status = getattr(response, "status_code", None) or getattr(caught, "status_code", None)
        error = {"class": type(caught).__name__, "status": status, "message": str(caught)}
    print(json.dumps({"error": error}))


if __name__ == "__main__":
    main()
