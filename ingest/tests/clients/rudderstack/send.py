"""Sends one scenario through RudderStack's own Python SDK and prints what the SDK made of the answer.

    send.py BASE_URL DATASET_ID KEY SCENARIO PREFIX

One line of JSON: {"error": null or {"class", "status", "message"}}. A key names its dataset by itself.
"""

import json
import sys
from datetime import datetime, timedelta, timezone

from rudderstack.analytics.client import Client

BASE, _DATASET, KEY, SCENARIO, PREFIX = sys.argv[1:]


def purchase(number, age_days=0):
    return {
        "user_id": "customer-7",
        "event": "Order Completed",
        "message_id": f"{PREFIX}-{number}",
        "timestamp": datetime.now(timezone.utc) - timedelta(days=age_days, seconds=60),
        "properties": {"revenue": 59.9, "currency": "EUR", "order_id": "o-1", "products": [{"sku": "1"}]},
        "context": {
            "ip": "93.184.216.34",
            "userAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
            "page": {"url": "https://shop.example/thanks?utm_id=77"},
            "traits": {"email": "jane@example.com", "phone": "+16505551212"},
        },
    }


SCENARIOS = {
    "purchase": lambda: [purchase(0)],
    "batch": lambda: [purchase(number) for number in range(3)],
    # The second is taken, the first is not; the SDK hears of success.
    "refused": lambda: [purchase(3, age_days=91), purchase(4)],
}


def main():
    errors = []
    # A batch goes out by the SDK's own thread.
    is_one = SCENARIO == "purchase"
    client = Client(
        KEY,
        host=BASE,
        sync_mode=is_one,
        max_retries=0,
        on_error=lambda error, _: errors.append(error),
    )
    try:
        for event in SCENARIOS[SCENARIO]():
            client.track(**event)
        if not is_one:
            client.flush()
            client.join()
    except Exception as caught:  # what the SDK lets through is what is asked for
        errors.append(caught)
    error = None
    if errors:
        status = getattr(errors[0], "status", None)
        error = {"class": type(errors[0]).__name__, "status": status, "message": str(errors[0])}
    print(json.dumps({"error": error}))


if __name__ == "__main__":
    main()
