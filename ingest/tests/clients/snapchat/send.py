"""Sends one scenario through Snapchat's own Python SDK, which speaks v2, and prints what the SDK made of the answer.

    send.py BASE_URL DATASET_ID TOKEN SCENARIO PREFIX

One line of JSON: {"error": null or {"class", "status", "message"}}.
"""

import json
import sys
import time

from snap_business_sdk.capi_utils import ErrorCallback
from snap_business_sdk.public.conversion_api import ConversionApi
from snap_business_sdk.public.conversion_event import ConversionEvent

BASE, DATASET, TOKEN, SCENARIO, PREFIX = sys.argv[1:]


def purchase(number, age_seconds=60):
    # The SDK hashes what identifies somebody. An address that was hashed is of no use, so none is given.
    return ConversionEvent(
        pixel_id=DATASET,
        event_type="PURCHASE",
        event_conversion_type="WEB",
        timestamp=str(int((time.time() - age_seconds) * 1000)),
        email="jane@example.com",
        phone_number="+1 6505551212",
        user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
        click_id="11f1dd0f-75f3-4e06-b463-1e4ed3eabe04",
        page_url="https://shop.example/thanks?utm_id=77",
        price="59.9",
        currency="EUR",
        client_dedup_id=f"{PREFIX}-{number}",
        transaction_id="o-1",
        item_ids="sku-1",
        number_items="2",
    )


SCENARIOS = {
    "purchase": lambda: [purchase(0)],
    "batch": lambda: [purchase(number) for number in range(3)],
    "refused": lambda: [purchase(3), purchase(4, age_seconds=38 * 86_400)],
}


def main():
    told = ConversionApi(TOKEN, launchpad_url=BASE).send_events_sync(SCENARIOS[SCENARIO]())
    error = None
    if isinstance(told, ErrorCallback):
        error = {"class": "ErrorCallback", "status": None, "message": told.get()}
    print(json.dumps({"error": error}))


if __name__ == "__main__":
    main()
