"""Who wants which events, and where to? Event subscriptions, read from documents."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

type Json = dict[str, Any]

TOPIC = "nightshift"
"""The app's own topic; its input is CloudEvents 1.0."""
SYSTEM = "subscription"
"""The system topic of the Azure subscription: what was done to its resources."""
CLOUD_EVENTS = "CloudEventSchemaV1_0"
EVENT_GRID = "EventGridSchema"
MOST_ATTEMPTS = 30
MOST_MINUTES = 1_440


@dataclass(frozen=True, slots=True)
class Subscription:
    """An event subscription: the events of `topic` go to a `function` of the app, or to the address `url`.

    `types` and `operations` choose: events of one of these types, whose data.operationName contains one of these texts;
    empty chooses all. After `attempts` tries or `minutes` an event is a dead letter, where `dead_letters` are kept.
    """

    name: str
    topic: str
    function: str = ""
    url: str = ""
    schema: str = CLOUD_EVENTS
    types: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    attempts: int = MOST_ATTEMPTS
    minutes: int = MOST_MINUTES
    dead_letters: bool = True

    def wants(self, event: Mapping[str, Any]) -> bool:
        """Say whether an event passes the filters."""
        if self.types and kind(event) not in self.types:
            return False
        data = event.get("data")
        operation = str(data.get("operationName", "") if isinstance(data, dict) else "").lower()
        return not self.operations or any(wanted.lower() in operation for wanted in self.operations)


def kind(event: Mapping[str, Any]) -> str:
    """Return the type of an event of either schema."""
    return str(event.get("type") or event.get("eventType") or "")


def subscription(document: Mapping[str, Any]) -> Subscription:
    """Return the subscription of a document with the fields of Subscription; raise ValueError with what is wrong."""
    if unknown := sorted(set(document) - {one.name for one in fields(Subscription)}):
        raise ValueError(f"event subscription: unknown keys {unknown}")
    if missing := [name for name in ("name", "topic") if not document.get(name)]:
        raise ValueError(f"event subscription: {missing} must be given")
    made = Subscription(
        **{**document, **{name: tuple(document.get(name, ())) for name in ("types", "operations")}},
    )
    problems = [
        (made.topic not in {TOPIC, SYSTEM}, f"topic is {made.topic!r}, expected {TOPIC!r} or {SYSTEM!r}"),
        (bool(made.function) == bool(made.url), "expected either a function or a url"),
        (bool(made.url) and not made.url.startswith("https://"), f"url is {made.url!r}, expected https"),
        (made.schema not in {CLOUD_EVENTS, EVENT_GRID}, f"schema is {made.schema!r}"),
        (
            made.topic == TOPIC and made.schema == EVENT_GRID,
            f"what comes in as CloudEvents cannot go out as {EVENT_GRID}",
        ),
        (not 1 <= made.attempts <= MOST_ATTEMPTS, f"attempts is {made.attempts}, expected 1 to {MOST_ATTEMPTS}"),
        (not 1 <= made.minutes <= MOST_MINUTES, f"minutes is {made.minutes}, expected 1 to {MOST_MINUTES}"),
    ]
    if found := [problem for wrong, problem in problems if wrong]:
        raise ValueError(f"event subscription {made.name!r}: {'; '.join(found)}")
    return made
