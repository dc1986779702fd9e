"""Does an address want events? Event Grid asks before it sends any; a function of the app need not be asked."""

import json
from datetime import datetime

from local.clock import iso
from local.eventgrid.deliveries import ORIGIN, address
from local.eventgrid.subscriptions import CLOUD_EVENTS, Subscription
from local.post import Answer, Parcel


def question(subscription: Subscription, code: str, now: datetime) -> Parcel:
    """Return the request that asks: OPTIONS of CloudEvents, or an event that holds a `code`."""
    if subscription.schema == CLOUD_EVENTS:
        return Parcel(address(subscription), "", {"webhook-request-origin": ORIGIN}, "OPTIONS")
    event = {
        "id": code,
        "topic": subscription.topic,
        "subject": "",
        "data": {"validationCode": code},
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": iso(now),
        "metadataVersion": "1",
        "dataVersion": "2",
    }
    headers = {"aeg-event-type": "SubscriptionValidation", "content-type": "application/json; charset=utf-8"}
    return Parcel(address(subscription), json.dumps([event]), headers)


def agrees(subscription: Subscription, code: str, answer: Answer) -> bool:
    """Say whether the answer lets events come."""
    if answer.status != 200:
        return False
    if subscription.schema == CLOUD_EVENTS:
        return answer.headers.get("webhook-allowed-origin") in {"*", ORIGIN}
    return _code(answer.body) == code


def _code(body: str) -> str:
    try:
        return str(json.loads(body).get("validationResponse"))
    except (ValueError, AttributeError):
        return ""
