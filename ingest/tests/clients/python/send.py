"""Sends one scenario through Meta's own Python SDK and prints what the SDK made of the answers.

    send.py BASE_URL DATASET_ID TOKEN SCENARIO [--prefix TEXT] [--app-secret TEXT]

One line of JSON: {"events_received", "requests", "errors": [...], "answers": [...]}.
"""

import argparse
import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import requests
from facebook_business.adobjects.serverside.batch_processor import BatchProcessor
from facebook_business.adobjects.serverside.event_request import EventRequest
from facebook_business.adobjects.serverside.event_request_async import EventRequestAsync
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

import events

FLOOD_REQUESTS = 48
FLOOD_THREADS = 24


def described(error):
    """An exception as a test can read it."""
    if not isinstance(error, FacebookRequestError):
        return {"class": type(error).__name__, "message": str(error)}
    body = error.body() if isinstance(error.body(), dict) else {}
    return {
        "class": "FacebookRequestError",
        "status": error.http_status(),
        "code": error.api_error_code(),
        "subcode": error.api_error_subcode(),
        "type": error.api_error_type(),
        "is_transient": error.api_transient_error(),
        "message": error.api_error_message(),
        "blame": error.api_blame_field_specs(),
        "title": body.get("error", {}).get("error_user_title"),
        "user_message": body.get("error", {}).get("error_user_msg"),
        "trace": body.get("error", {}).get("fbtrace_id"),
    }


def send_all(requests_made):
    """Executes requests one after the other."""
    return collected(map(attempt, requests_made))


def attempt(request):
    try:
        return request.execute()
    except Exception as error:  # what the SDK lets through is what is asked for
        return error


def collected(outcomes):
    outcomes = list(outcomes)
    answered = [one for one in outcomes if not isinstance(one, Exception)]
    return {
        "requests": len(outcomes),
        "events_received": sum(answer.events_received for answer in answered),
        "traces": [answer.fbtrace_id for answer in answered],
        "errors": [described(one) for one in outcomes if isinstance(one, Exception)],
    }


def sync(options):
    some = events.purchases(options.prefix, 2)
    return send_all([EventRequest(pixel_id=options.dataset, events=some, partner_agent="acme-1.0")])


def test_code(options):
    some = events.purchases(options.prefix, 1)
    request = EventRequest(pixel_id=options.dataset, events=some, test_event_code="TEST123")
    return send_all([request])


def asynchronous(options):
    some = events.purchases(options.prefix, 3)

    async def send():
        try:
            return [await EventRequestAsync(pixel_id=options.dataset, events=some).execute()]
        except Exception as error:
            return [error]

    return collected(asyncio.run(send()))


def batch(options):
    some = events.purchases(options.prefix, 120)
    pattern = EventRequestAsync(pixel_id=options.dataset, events=[])

    async def send():
        answers = []
        async for group in BatchProcessor(50, 4).process_events_generator(pattern, some):
            answers.extend(group)
        return answers

    return collected(asyncio.run(send()))


def lists(options):
    some = [events.purchase(f"{options.prefix}-0", events.several_values())]
    return send_all([EventRequest(pixel_id=options.dataset, events=some)])


def too_old(options):
    some = [events.purchase(f"{options.prefix}-0", age_seconds=8 * events.DAY)]
    return send_all([EventRequest(pixel_id=options.dataset, events=some)])


def missing_value(options):
    some = events.purchases(options.prefix, 2) + [events.purchase("without", value=None)]
    return send_all([EventRequest(pixel_id=options.dataset, events=some)])


def missing_currency(options):
    some = events.purchases(options.prefix, 2) + [events.purchase("without", currency=None)]
    return send_all([EventRequest(pixel_id=options.dataset, events=some)])


def value_alone(options):
    alone = events.purchase(f"{options.prefix}-alone", name="AddToCart", currency=None)
    some = events.purchases(options.prefix, 1) + [alone]
    return send_all([EventRequest(pixel_id=options.dataset, events=some)])


def too_many(options):
    some = events.purchases(options.prefix, 1001)
    return send_all([EventRequest(pixel_id=options.dataset, events=some)])


def flood(options):
    """More at once than the server may take in; nothing may be answered but success or "later"."""

    def one(number):
        some = events.purchases(f"{options.prefix}-{number}", 200)
        return attempt(EventRequest(pixel_id=options.dataset, events=some))

    with ThreadPoolExecutor(FLOOD_THREADS) as pool:
        return collected(pool.map(one, range(FLOOD_REQUESTS)))


def not_json(options):
    """Beside the SDK: bodies that no encoding explains."""
    url = f"{options.base}/v26.0/{options.dataset}/events?access_token={options.token}"
    bodies = [b"not json", b'{"data":', b"\xff\xfe\x00", b""]
    answers = [requests.post(url, data=body, timeout=10) for body in bodies]
    return {"answers": [{"status": one.status_code, "body": one.json()} for one in answers]}


SCENARIOS = {
    "sync": sync,
    "async": asynchronous,
    "batch": batch,
    "test_code": test_code,
    "lists": lists,
    "too_old": too_old,
    "missing_value": missing_value,
    "missing_currency": missing_currency,
    "value_alone": value_alone,
    "too_many": too_many,
    "flood": flood,
    "not_json": not_json,
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("base")
    parser.add_argument("dataset")
    parser.add_argument("token")
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--prefix", default="python")
    parser.add_argument("--app-secret")
    options = parser.parse_args()
    FacebookSession.GRAPH = options.base
    FacebookAdsApi.init(
        app_id="1" if options.app_secret else None,
        app_secret=options.app_secret,
        access_token=options.token,
        crash_log=False,
        timeout=30,
    )
    print(json.dumps({"scenario": options.scenario, **SCENARIOS[options.scenario](options)}))


if __name__ == "__main__":
    main()
