"""When does an event reach the app, and how often? It is lost, or comes in copies, late, out of order, and again."""

import heapq
import itertools
import json
import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.model.events import Envelope

AGAIN = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200))
"""How long Event Grid waits before each further try (its documented schedule, without its jitter)."""
GIVES_UP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Chances:
    """What becomes of an event: the share that is lost, the most copies of one, and the share that comes late."""

    lost: float = 0.3
    copies: int = 5
    late: float = 0.3
    latest: timedelta = timedelta(hours=6)
    soon: timedelta = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One copy of something for one function: its text, when it is due, and how often it was tried."""

    function: str
    text: str
    sent_at: datetime
    due: datetime
    tries: int = 0


class Post:
    """What is on its way to functions that take events. `lost` and `brought` count what became of it."""

    def __init__(self, draw: random.Random, chances: Chances | None = None) -> None:
        self.lost = 0
        self.brought = 0
        self._draw = draw
        self._chances = chances or Chances()
        self._under_way: list[tuple[datetime, int, Delivery]] = []
        self._numbers = itertools.count()

    def send(self, function: str, text: str, now: datetime) -> None:
        """Take something in: it is lost, or comes once or several times, sooner or later, in any order."""
        if self._draw.random() < self._chances.lost:
            self.lost += 1
            return
        for _ in range(self._draw.randint(1, self._chances.copies)):
            late = self._draw.random() < self._chances.late
            longest = self._chances.latest if late else self._chances.soon
            self._put(Delivery(function, text, now, now + self._draw.random() * longest))

    def due(self) -> datetime | None:
        """Return when the next delivery is due; None where nothing is under way."""
        return self._under_way[0][0] if self._under_way else None

    def take(self) -> Delivery:
        """Take out the delivery that is due first."""
        self.brought += 1
        return heapq.heappop(self._under_way)[2]

    def failed(self, delivery: Delivery, now: datetime) -> None:
        """Try it again later, or give it up after a day."""
        again = now + AGAIN[min(delivery.tries, len(AGAIN) - 1)]
        if again <= delivery.sent_at + GIVES_UP:
            self._put(replace(delivery, due=again, tries=delivery.tries + 1))

    def _put(self, delivery: Delivery) -> None:
        heapq.heappush(self._under_way, (delivery.due, next(self._numbers), delivery))


def cloud_event(event: Envelope) -> str:
    """Return an event as CloudEvents 1.0 has it on the wire."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": event.id,
            "source": event.source,
            "type": event.type,
            "subject": event.subject,
            "time": event.at.isoformat() if event.at else None,
            "data": dict(event.data),
        }
    )
