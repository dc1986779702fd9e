"""How does one event reach one subscriber? As a request, again and again until it is taken or given up."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from local.clock import iso
from local.eventgrid.subscriptions import CLOUD_EVENTS, Subscription, kind
from local.post import Opens, Parcel

type Json = dict[str, Any]

WEBHOOK = "/runtime/webhooks/eventgrid"
ORIGIN = "eventgrid.azure.net"


@dataclass(slots=True)
class Delivery:
    """One copy of an event on its way to one subscriber."""

    subscription: Subscription
    event: Json
    published: datetime
    attempts: int = 0


def parcel(delivery: Delivery) -> Parcel:
    """Return the request of the next attempt: a CloudEvent by itself, Event Grid's own schema as an array of one."""
    subscription, event = delivery.subscription, delivery.event
    cloud = subscription.schema == CLOUD_EVENTS
    headers = {
        "aeg-event-type": "Notification",
        "aeg-subscription-name": subscription.name.upper(),
        "aeg-delivery-count": str(delivery.attempts),
        "content-type": f"application/{'cloudevents+json' if cloud else 'json'}; charset=utf-8",
        **({"webhook-request-origin": ORIGIN} if cloud else {"aeg-metadata-version": "1"}),
    }
    return Parcel(address(subscription), json.dumps(event if cloud else [event]), headers, opens=_key(subscription))


def address(subscription: Subscription) -> str:
    """Return where the events of a subscription go."""
    return subscription.url or f"{WEBHOOK}?functionName={quote(subscription.function)}"


def dead(delivery: Delivery, reason: str, outcome: str, at: datetime) -> Json:
    """Return the event as its dead letter has it: with what became of it beside its own fields."""
    told = {
        "deadLetterReason": reason,
        "deliveryAttempts": delivery.attempts,
        "lastDeliveryOutcome": outcome,
        "publishTime": iso(delivery.published),
        "lastDeliveryAttemptTime": iso(at),
    }
    if "specversion" in delivery.event:
        told = {name.lower(): value for name, value in told.items()}
    return {**delivery.event, **told}


def as_cloud_event(event: Json) -> Json:
    """Return an event of either schema as a CloudEvent."""
    if "specversion" in event:
        return event
    return {
        "id": event["id"],
        "source": event["topic"],
        "subject": event["subject"],
        "type": kind(event),
        "time": event["eventTime"],
        "data": event["data"],
        "specversion": "1.0",
    }


def _key(subscription: Subscription) -> Opens:
    return Opens.NOTHING if subscription.url else Opens.EVENTS
