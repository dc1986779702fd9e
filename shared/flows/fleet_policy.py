"""Which intent is in force? The published fleet.yaml, or the last good one with an alert."""

from datetime import datetime
from functools import lru_cache

from shared.errors import BadMessage, Permanent
from shared.model.intent import FleetPolicy
from shared.ports import Ports
from shared.rules.intent_changes import shortened
from shared.telemetry import Event, tell


@lru_cache(maxsize=4)
def parse(text: str) -> FleetPolicy:
    """Parse a document; YAML and pydantic load here, on first use, not while functions are indexed.

    Timers ask several times an hour for what changes a few times a year, so the last documents are kept.
    """
    from shared import fleet_policy

    return fleet_policy.parse(text)


def read(ports: Ports, now: datetime) -> FleetPolicy:
    """Return the intent in force at `now`. Raises Permanent where none was ever published or readable."""
    text = ports.policies.current()
    if text is None:
        raise Permanent("no fleet.yaml is published; run `nightshift policy publish fleet.yaml`", "NoFleetPolicy")
    try:
        intent = parse(text)
    except BadMessage as problem:
        return _last_good(ports, problem, now)
    ports.policies.mark_good(text)
    return intent


def publish(ports: Ports, text: str) -> FleetPolicy:
    """Publish a document for the app to act on.

    Raises BadMessage with all reasons where it is invalid, or keeps less than the one in force.
    """
    intent = parse(text)
    for text_in_force in (ports.policies.current(), ports.policies.last_good()):
        if lost := _shortened(text_in_force, intent):
            raise BadMessage(list(lost))
    ports.policies.publish(text)
    return intent


def _shortened(text_in_force: str | None, intent: FleetPolicy) -> tuple[str, ...]:
    if text_in_force is None:
        return ()
    try:
        return shortened(parse(text_in_force), intent)
    except BadMessage:
        return ()  # an unreadable document is not in force


def _last_good(ports: Ports, problem: BadMessage, now: datetime) -> FleetPolicy:
    tell(Event.ALERT, code="fleet-policy-invalid", subject="config/fleet.yaml", text=str(problem), at=now)
    good = ports.policies.last_good()
    if good is None:
        raise Permanent(f"the published fleet.yaml is invalid and none was good before: {problem}") from problem
    return parse(good)
