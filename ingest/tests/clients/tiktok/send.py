"""Sends one scenario through TikTok's own Python SDK and prints what the SDK made of the answer.

    send.py BASE_URL DATASET_ID TOKEN SCENARIO PREFIX

One line of JSON: {"error": null or {"class", "status", "message"}}.
"""

import hashlib
import json
import sys
import time
from datetime import datetime, timezone

import business_api_client as tiktok


def hashed(text):
    """The SDK leaves hashing to its caller."""
    return hashlib.sha256(text.encode()).hexdigest()


def context():
    return tiktok.PixelContext(
        ad=tiktok.PixelContextAd(callback="E.C.P.click"),
        page=tiktok.PixelContextPage(url="https://shop.example/thanks?utm_id=77"),
        user=tiktok.PixelContextUser(
            email=hashed("jane@example.com"),
            phone_number=hashed("+16505551212"),
            external_id=hashed("customer-7"),
        ),
        ip="93.184.216.34",
        user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
    )


def stamp(age_seconds):
    return datetime.fromtimestamp(time.time() - age_seconds, timezone.utc).isoformat()


def properties():
    content = tiktok.PixelContent(content_id="sku-1", content_type="product", price=29.95, quantity=2)
    return tiktok.PixelProperties(contents=[content], currency="EUR", value=59.9)


def purchase(api, options, age_seconds=60):
    body = tiktok.PixelTrackBody(
        pixel_code=options["dataset"],
        event="CompletePayment",
        event_id=f"{options['prefix']}-0",
        timestamp=stamp(age_seconds),
        context=context(),
        properties=properties(),
    )
    return api.pixel_track(options["token"], body=body)


def batch(api, options):
    events = [
        tiktok.PixelbatchBatch(
            type="track",
            event="CompletePayment",
            event_id=f"{options['prefix']}-{number}",
            timestamp=stamp(60),
            context=context(),
            properties=properties(),
        )
        for number in range(3)
    ]
    body = tiktok.PixelBatchBody(pixel_code=options["dataset"], batch=events)
    return api.pixel_batch(options["token"], body=body)


def too_old(api, options):
    return purchase(api, options, age_seconds=8 * 86_400)


SCENARIOS = {"purchase": purchase, "batch": batch, "refused": too_old}


def main():
    base, dataset, token, scenario, prefix = sys.argv[1:]
    configuration = tiktok.Configuration()
    configuration.host = base
    api = tiktok.EventCallbackApi(tiktok.ApiClient(configuration))
    error = None
    try:
        SCENARIOS[scenario](api, {"dataset": dataset, "token": token, "prefix": prefix})
    except Exception as caught:  # what the SDK lets through is what is asked for
        status = getattr(caught, "status", None)
        error = {"class": type(caught).__name__, "status": status, "message": str(caught)}
    print(json.dumps({"error": error}))


if __name__ == "__main__":
    main()
