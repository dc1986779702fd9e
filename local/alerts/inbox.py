"""What does an operator see? An inbox for webhooks and mails, in which repeats of one message are one line."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.clock import iso

type Json = dict[str, Any]

KEY_HEADERS = ("dedup-key", "dedup_key", "x-dedup-key")
_KEY_FIELD = "dedup_key"


@dataclass(slots=True)
class Message:
    """What came, by `channel` (webhook or mail): the newest body, when it came first and last, and how often."""

    channel: str
    key: str
    body: Any
    first_at: datetime
    last_at: datetime
    count: int = 1

    def shown(self) -> Json:
        """Return the message as JSON values."""
        return {
            "channel": self.channel,
            "dedup_key": self.key,
            "body": self.body,
            "first_at": iso(self.first_at),
            "last_at": iso(self.last_at),
            "count": self.count,
        }


class Inbox:
    """Messages in the order in which they came first."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._by_key: dict[tuple[str, str], Message] = {}

    def take(self, channel: str, body: Any, key: str, at: datetime) -> None:
        """Put a message in; one with the `key` of an earlier one counts as its repeat, one without never does."""
        known = self._by_key.get((channel, key)) if key else None
        if known is not None:
            known.body, known.last_at, known.count = body, at, known.count + 1
            return
        message = Message(channel, key, body, at, at)
        self.messages.append(message)
        if key:
            self._by_key[channel, key] = message


def read(raw: bytes, headers: Mapping[str, str]) -> tuple[Any, str]:
    """Return a webhook's body, as JSON where it is any, and the key by which it says that it repeats another one."""
    try:
        body = json.loads(raw)
    except ValueError:
        body = raw.decode(errors="replace")
    key = next((headers[name] for name in KEY_HEADERS if headers.get(name)), "")
    return body, key or str(body.get(_KEY_FIELD) or "" if isinstance(body, dict) else "")
