"""What was announced, sent and set aside? The Events, Webhook and Quarantine ports in this process's memory."""

from collections.abc import Callable, Sequence
from datetime import datetime

from shared.messages.set_aside import key_of, set_aside_from_json, set_aside_to_json
from shared.model.events import Envelope, SetAside
from shared.model.failures import Alert


class MemoryEvents:
    """Events are handed to `deliver`, if there is one, and kept in `published`."""

    def __init__(self, fault: Callable[[str], None] = lambda _: None) -> None:
        self._fault = fault
        self.published: list[Envelope] = []
        self.deliver: Callable[[Envelope], None] | None = None

    def publish(self, events: Sequence[Envelope]) -> None:
        """Announce the events."""
        self._fault("events.publish")
        self.published.extend(events)
        for event in events if self.deliver else ():
            assert self.deliver is not None
            self.deliver(event)
        self._fault("events.publish.sent")


class MemoryWebhook:
    """What was posted, with its instant, in `posted`."""

    def __init__(self, fault: Callable[[str], None] = lambda _: None) -> None:
        self._fault = fault
        self.posted: list[tuple[Alert, datetime]] = []

    def post(self, setting: str, alert: Alert, at: datetime) -> None:  # noqa: ARG002 no address is needed
        """Keep the alert."""
        self._fault("webhook.post")
        self.posted.append((alert, at))
        self._fault("webhook.post.sent")


class MemoryQuarantine:
    """Entries go through their document form, so that one which cannot be stored is found out here too.

    `letters` are the dead letters that wait.
    """

    def __init__(self) -> None:
        self._entries: dict[str, str] = {}
        self.letters: list[str] = []

    def put(self, entry: SetAside) -> None:
        """Keep the entry."""
        self._entries[key_of(entry)] = set_aside_to_json(entry)

    def entries(self) -> dict[str, SetAside]:
        """Return all entries by their key, oldest first."""
        found = {key: set_aside_from_json(text) for key, text in self._entries.items()}
        return dict(sorted(found.items(), key=lambda one: (one[1].at, one[0])))

    def drop(self, key: str) -> None:
        """Remove an entry, if it is there."""
        self._entries.pop(key, None)

    def given_up(self, keep: Callable[[str], None], most: int) -> int:
        """Hand up to `most` dead letters to `keep`, and remove each once it is kept."""
        found = self.letters[:most]
        for text in found:
            keep(text)
            self.letters.remove(text)
        return len(found)
