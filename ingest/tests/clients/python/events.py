"""The events that the scenarios send, built with the SDK's own classes."""

import time

from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.gender import Gender
from facebook_business.adobjects.serverside.user_data import UserData

DAY = 86_400
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def known_person():
    """The person whose hashes are the documented check vectors; the SDK hashes."""
    return UserData(
        email="  John_Smith@gmail.com ",
        phone="+1 (650) 555-1212",
        first_name="Mary",
        gender=Gender.FEMALE,
        date_of_birth="19970216",
        city="San Francisco",
        state="ca",
        country_code="us",
        client_ip_address="81.20.30.40",
        client_user_agent=AGENT,
    )


def several_values():
    """Identifiers as lists of several values, in scripts beyond ASCII."""
    return UserData(
        emails=["john_smith@gmail.com", "person@example.com"],
        phones=["16505551212", "448444124653"],
        first_names=["정", "Valéry"],
        genders=[Gender.MALE],
        client_ip_address="81.20.30.40",
        client_user_agent=AGENT,
    )


def purchase(
    event_id, user_data=None, value=129.9, currency="EUR", age_seconds=0, name="Purchase"
):
    return Event(
        event_name=name,
        event_time=int(time.time()) - age_seconds,
        event_id=event_id,
        event_source_url="https://shop.example/thanks",
        action_source=ActionSource.WEBSITE,
        user_data=user_data or known_person(),
        custom_data=CustomData(value=value, currency=currency, order_id=f"order-{event_id}"),
    )


def purchases(prefix, count):
    return [purchase(f"{prefix}-{number}") for number in range(count)]
