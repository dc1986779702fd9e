"""Which events did Event Grid give up, and why? Its dead letters, each an array of events with what became of them."""

import json
from dataclasses import dataclass

_TOLD = frozenset(
    {"deadletterreason", "deliveryattempts", "lastdeliveryoutcome", "publishtime", "lastdeliveryattempttime"}
)
"""What Event Grid writes beside an event's own fields, in either case of either schema."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One event as it was published, its type ("" where it cannot be read), and why it was given up."""

    type: str
    text: str
    reason: str


def letters_from_json(text: str) -> tuple[Letter, ...]:
    """Return the events of a dead letter; what cannot be read is one event as it is."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    events = found if isinstance(found, list) else [found]
    if not events or not all(isinstance(event, dict) for event in events):
        return (Letter("", text, "Event Grid gave it up, and its dead letter cannot be read"),)
    return tuple(_letter(event) for event in events)


def _letter(event: dict[str, object]) -> Letter:
    told = {name.lower(): value for name, value in event.items() if name.lower() in _TOLD}
    own = {name: value for name, value in event.items() if name.lower() not in _TOLD}
    attempts = told.get("deliveryattempts", "some")
    reason = f"Event Grid gave it up after {attempts} attempts: {told.get('deadletterreason', 'no reason given')}"
    last = told.get("lastdeliveryoutcome")
    kind = own.get("type") or own.get("eventType") or ""
    return Letter(str(kind), json.dumps(own), f"{reason}, at last {last}" if last else reason)
