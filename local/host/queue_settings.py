"""How does this app want its queues to be read? `extensions.queues` of host.json, with Azure's defaults."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from local.host.errors import HostError

MOST_AT_ONCE = 32
"""The most messages that storage gives out in one request."""
_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?")
_LONGEST_HIDDEN = timedelta(days=7)
_SHORTEST_POLL = timedelta(milliseconds=100)


class Encoding(StrEnum):
    """How the text of a message carries its body."""

    BASE64 = "base64"
    NONE = "none"

    def text(self, body: bytes) -> str:
        """Return the text of a message with this body."""
        return base64.b64encode(body).decode() if self is Encoding.BASE64 else body.decode()

    def body(self, text: str) -> str | bytes:
        """Return the body as the function gets it: a string, or bytes where it is none. Raise ValueError."""
        if self is Encoding.NONE:
            return text
        try:
            # .NET's decoder, like XML, does not mind white space.
            body = base64.b64decode("".join(text.split()), validate=True)
        except ValueError as error:
            raise ValueError(f"not base64: {error}") from error
        try:
            return body.decode()
        except UnicodeDecodeError:
            return body


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """How all queue triggers of an app read: batches, retries and the encoding of messages.

    The next batch is fetched while at most `new_batch_threshold` messages are in hand. A message that failed comes
    back after `visibility_timeout`, and is poison when it failed at its `max_dequeue_count`th time.
    """

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: timedelta = timedelta()
    max_polling_interval: timedelta = timedelta(minutes=1)
    encoding: Encoding = Encoding.BASE64


def queue_settings(part: Mapping[str, Any]) -> QueueSettings:
    """Return the settings of `extensions.queues`; raise HostError with everything that is wrong with them.

    `newBatchThreshold` is half of `batchSize` where it is absent, as on plans that count one processor.
    """
    problems: list[str] = []

    def number(name: str, default: int, least: int, most: int) -> int:
        found = part.get(name, default)
        if isinstance(found, int) and not isinstance(found, bool) and least <= found <= most:
            return found
        problems.append(f"{name} is {found!r}; expected a whole number from {least} to {most}")
        return default

    def span(name: str, default: timedelta, least: timedelta, most: timedelta) -> timedelta:
        found = _span(str(part[name])) if name in part else default
        if found is not None and least <= found <= most:
            return found
        problems.append(f"{name} is {part[name]!r}; expected [d.]hh:mm:ss from {least} to {most}")
        return default

    def encoding(found: str) -> Encoding:
        if found.lower() in set(Encoding):
            return Encoding(found.lower())
        problems.append(f"messageEncoding is {found!r}; expected base64 or none")
        return Encoding.BASE64

    batch_size = number("batchSize", 16, 1, MOST_AT_ONCE)
    settings = QueueSettings(
        batch_size=batch_size,
        new_batch_threshold=number("newBatchThreshold", batch_size // 2, 0, 1_000),
        max_dequeue_count=number("maxDequeueCount", 5, 1, 1_000_000),
        visibility_timeout=span("visibilityTimeout", timedelta(), timedelta(), _LONGEST_HIDDEN),
        max_polling_interval=span("maxPollingInterval", timedelta(minutes=1), _SHORTEST_POLL, timedelta.max),
        encoding=encoding(str(part.get("messageEncoding", "base64"))),
    )
    if problems:
        raise HostError([f"host.json: extensions.queues.{problem}" for problem in problems])
    return settings


def _span(text: str) -> timedelta | None:
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[:4])
    micros = int((found[5] or "0").ljust(6, "0")[:6])
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=micros)
