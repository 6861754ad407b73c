"""Sends one scenario through Pinterest's own Python SDK and prints what the SDK made of the answer.

    send.py BASE_URL DATASET_ID TOKEN SCENARIO PREFIX

One line of JSON: {"error": null or {"class", "status", "message"}}.
"""

import hashlib
import json
import os
import sys
import time

BASE, DATASET, TOKEN, SCENARIO, PREFIX = sys.argv[1:]
# The SDK reads where to send to, and as whom, when it is imported.
os.environ["PINTEREST_API_URI"] = f"{BASE}/v5"
os.environ["PINTEREST_ACCESS_TOKEN"] = TOKEN

from pinterest.ads.conversion_events import Conversion  # noqa: E402
from pinterest.client import PinterestSDKClient  # noqa: E402


def hashed(text):
    """The SDK leaves hashing to its caller."""
    return hashlib.sha256(text.encode()).hexdigest()


def purchase(number, age_seconds=60):
    return Conversion.create_conversion_event(
        event_name="checkout",
        action_source="web",
        event_time=int(time.time()) - age_seconds,
        event_id=f"{PREFIX}-{number}",
        event_source_url="https://shop.example/thanks?utm_id=77",
        user_data={
            "em": [hashed("jane@example.com")],
            "ph": [hashed("16505551212")],
            "external_id": [hashed("customer-7")],
            "click_id": "dj0yJnU9cGlu",
            "client_ip_address": "93.184.216.34",
            "client_user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
        },
        custom_data={
            "currency": "EUR",
            "value": "59.9",
            "content_ids": ["sku-1"],
            "num_items": 2,
            "order_id": "o-1",
        },
    )


SCENARIOS = {
    "purchase": lambda: [purchase(0)],
    "batch": lambda: [purchase(number) for number in range(3)],
    # The second is taken, the first is not.
    "refused": lambda: [purchase(3, age_seconds=8 * 86_400), purchase(4)],
}


def main():
    client = PinterestSDKClient.create_client_with_token(TOKEN)
    error = None
    try:
        Conversion.send_conversion_events(DATASET, SCENARIOS[SCENARIO](), False, client)
    except Exception as caught:  # what the SDK lets through is what is asked for
        status = getattr(caught, "status", None)
        body = getattr(caught, "body", None)
        error = {"class": type(caught).__name__, "status": status, "message": str(body or caught)}
    print(json.dumps({"error": error}))


if __name__ == "__main__":
    main()
