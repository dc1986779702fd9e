"""Which messages wait, and when is the next due? The Queues port in this process's memory, on the world's clock."""

import heapq
import itertools
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.cloud.message_limits import delay_of


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message: its queue and body, the instant from which it may be taken, and how often it was taken so far."""

    queue: str
    body: str
    due: datetime
    dequeue_count: int = 0


class MemoryQueues:
    """All queues in one heap by due time. `fault` is told of each send before and, with ".sent", after its effect."""

    def __init__(self, now: Callable[[], datetime], fault: Callable[[str], None] = lambda _: None) -> None:
        self._now = now
        self._fault = fault
        self._numbers = itertools.count()
        self._waiting: list[tuple[datetime, int, Waiting]] = []
        self._lock = threading.Lock()

    def send(self, queue: str, body: str, delay_seconds: float = 0.0) -> None:
        """Add a message that is seen after the delay; raise Permanent for one that storage would not take."""
        delay = delay_of(queue, body, delay_seconds)
        self._fault("queues.send")
        self._add(Waiting(queue, body, self._now() + timedelta(seconds=delay)))
        self._fault("queues.send.sent")

    def due(self, queues: Collection[str] = ()) -> datetime | None:
        """Return when the next message may be taken, a past instant where one waits already; None: none is there.

        With `queues` the messages of all others are passed over.
        """
        with self._lock:
            first = self._first(queues)
            return first[0] if first else None

    def take(self, queues: Collection[str] = ()) -> Waiting | None:
        """Take out the message that has been due for longest, or return None where none is due now."""
        with self._lock:
            first = self._first(queues)
            if first is None or first[0] > self._now():
                return None
            self._waiting.remove(first)
            heapq.heapify(self._waiting)
            return replace(first[2], dequeue_count=first[2].dequeue_count + 1)

    def give_back(self, message: Waiting, delay_seconds: float = 0.0) -> None:
        """Put a taken message back, as the host does when its function failed."""
        self._add(replace(message, due=self._now() + timedelta(seconds=delay_seconds)))

    def waiting(self, queue: str) -> list[str]:
        """Return the bodies that are in a queue, delayed ones too, in the order in which they are due."""
        with self._lock:
            return [message.body for _, _, message in sorted(self._waiting) if message.queue == queue]

    def empty(self, queue: str, keep: Callable[[str], None], most: int) -> int:
        """Hand up to `most` messages of a queue that are due to `keep`, and remove each once it is kept."""
        count = 0
        while count < most:
            with self._lock:
                due = sorted(one for one in self._waiting if one[2].queue == queue and one[0] <= self._now())
            if not due:
                break
            keep(due[0][2].body)
            with self._lock:
                self._waiting.remove(due[0])
                heapq.heapify(self._waiting)
            count += 1
        return count

    def copy(self, now: Callable[[], datetime]) -> "MemoryQueues":
        """Return queues of their own that hold the same, on another clock."""
        other = MemoryQueues(now, self._fault)
        with self._lock:
            for _, _, message in sorted(self._waiting):
                other._add(message)
        return other

    def _first(self, queues: Collection[str]) -> tuple[datetime, int, Waiting] | None:
        if not queues:
            return self._waiting[0] if self._waiting else None
        return min((one for one in self._waiting if one[2].queue in queues), default=None)

    def _add(self, message: Waiting) -> None:
        with self._lock:
            heapq.heappush(self._waiting, (message.due, next(self._numbers), message))
