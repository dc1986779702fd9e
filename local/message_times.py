"""When may a queue message be seen? Its times in simulated time, beside those that Azurite keeps in real time."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""How storage writes the expiry of a message that does not expire."""
LIFE_SECONDS = 7 * 86_400
"""How long a message lives where its sender does not say; also the longest for which one may be hidden."""
TAKEN_SECONDS = 30
"""How long a message is hidden from others where its taker does not say."""


@dataclass(slots=True)
class Stamp:
    """One message in simulated time.

    `receipt` is the one that Azurite accepts, `shown` the one that a client was given last: they differ once the
    pass-through itself has made the message visible. `held` says that Azurite hides it.
    """

    queue: str
    receipt: str
    shown: str
    inserted: datetime
    expires: datetime
    visible: datetime
    held: bool


class Stamps:
    """The stamps of all messages, by message id."""

    def __init__(self) -> None:
        self._stamps: dict[str, Stamp] = {}

    def note(self, message: str, stamp: Stamp) -> None:
        """Remember a message."""
        self._stamps[message] = stamp

    def find(self, message: str) -> Stamp | None:
        """Return the stamp of a message, or None."""
        return self._stamps.get(message)

    def forget(self, message: str) -> None:
        """Forget a message, if it is known."""
        self._stamps.pop(message, None)

    def forget_queue(self, queue: str) -> None:
        """Forget all messages of a queue."""
        self._stamps = {message: stamp for message, stamp in self._stamps.items() if stamp.queue != queue}

    def of(self, queue: str) -> list[tuple[str, Stamp]]:
        """Return the messages of a queue, those that may be seen earliest first."""
        found = [(message, stamp) for message, stamp in self._stamps.items() if stamp.queue == queue]
        return sorted(found, key=lambda one: one[1].visible)

    def due(self) -> dict[str, datetime]:
        """Return for each queue that holds messages when the first of them may be seen."""
        first: dict[str, datetime] = {}
        for stamp in self._stamps.values():
            if stamp.visible < stamp.expires:
                first[stamp.queue] = min(stamp.visible, first.get(stamp.queue, stamp.visible))
        return first


def expiry(now: datetime, life: int) -> datetime:
    """Return when a message of `life` seconds expires; -1 is never."""
    endless = life == -1 or life > (NEVER - now).total_seconds()
    return NEVER if endless else now + timedelta(seconds=life)


def seconds(text: str | None, default: int) -> int | None:
    """Return the whole seconds of a query parameter, `default` where it is absent, None where it is no number."""
    if text is None:
        return default
    return int(text) if text.removeprefix("-").isdecimal() else None


def stamped(body: bytes, stamp_of: Callable[[str, str], Stamp]) -> bytes:
    """Return a list of messages with its times replaced by those of `stamp_of(message id, pop receipt)`."""
    root = ET.fromstring(body)
    for entry in root.iter("QueueMessage"):
        stamp = stamp_of(entry.findtext("MessageId", ""), entry.findtext("PopReceipt", ""))
        for name, instant in (
            ("InsertionTime", stamp.inserted),
            ("ExpirationTime", stamp.expires),
            ("TimeNextVisible", stamp.visible),
        ):
            if (found := entry.find(name)) is not None:
                found.text = http_date(instant)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def http_date(instant: datetime) -> str:
    """Return the instant as HTTP writes it, in whole seconds."""
    return format_datetime(instant.astimezone(UTC), usegmt=True)
