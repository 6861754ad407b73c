"""Sends one scenario through ga4mp, a client of the Measurement Protocol, and prints what it made of the answer.

    send.py BASE_URL STREAM_ID KEY SCENARIO PREFIX

One line of JSON: {"error": null or {"class", "status", "message"}}.
"""

import json
import logging
import sys
from datetime import datetime, timedelta

from ga4mp import GtagMP

logging.disable(logging.CRITICAL)
BASE, STREAM, KEY, SCENARIO, PREFIX = sys.argv[1:]


def event(client, name, **params):
    made = client.create_new_event(name=name)
    for key, value in params.items():
        made.set_event_param(name=key, value=value)
    return made


def purchase(client, number):
    return event(
        client,
        "purchase",
        currency="EUR",
        value=59.9,
        transaction_id=f"{PREFIX}-{number}",
        items=[{"item_id": "sku-1", "quantity": 2}],
        page_location="https://shop.example/thanks?utm_id=77",
    )


def main():
    client = GtagMP(api_secret=KEY, measurement_id=STREAM, client_id="123.456")
    # The only lines that differ.
    client._base_domain = f"{BASE}/mp/collect"
    client._validation_domain = f"{BASE}/debug/mp/collect"
    client.store.set_user_property(name="user_id", value="customer-7")
    date = None
    if SCENARIO == "purchase":
        events = [purchase(client, 0)]
    elif SCENARIO == "batch":
        events = [purchase(client, number) for number in range(3)]
    else:
        # Refused, which a client of the Measurement Protocol never hears.
        events = [purchase(client, 3)]
        date = datetime.now() - timedelta(days=4)
    error = None
    try:
        client.send(events=events, date=date)
    except Exception as caught:  # what the client lets through is what is asked for
        status = getattr(caught, "code", None)
        error = {"class": type(caught).__name__, "status": status, "message": str(caught)}
    print(json.dumps({"error": error}))


if __name__ == "__main__":
    main()
