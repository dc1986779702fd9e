"""Which queue message runs now, and what becomes of it? The rules of the Functions host, on simulated time."""

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from azure.core.exceptions import ResourceNotFoundError

from local.host.arrivals import Arrivals
from local.host.bindings import Queue, QueueFunction
from local.host.invocations import Invocation
from local.host.queue_settings import QueueSettings
from local.host.storage_queues import Message, StorageQueue, poison_queue_of
from local.host.world import World

HIDDEN = timedelta(minutes=10)
"""How long a taken message is hidden from other hosts; what a lost host held is seen again after that."""
RENEWED = timedelta(minutes=5)
"""After how long in hand a message is hidden anew."""

_AT_ONCE = datetime.min.replace(tzinfo=UTC)

_log = logging.getLogger("nightshift.local.host")


class RunsMessages(Protocol):
    """Runs one queue function."""

    async def receive(
        self, function: QueueFunction, body: str | bytes, metadata: Mapping[str, str | int | datetime]
    ) -> Invocation:
        """Run it and return the record; never raise what the function raised."""


@dataclass(slots=True)
class _Taken:
    """A message in hand, and since when it is hidden."""

    message: Message
    since: datetime


class Queues:
    """The queue triggers of one app. Azure polls; here a queue is asked when a message in it is due."""

    def __init__(
        self, functions: Sequence[QueueFunction], settings: QueueSettings, world: World, runner: RunsMessages
    ) -> None:
        self._world = world
        self._arrivals = Arrivals({function.queue.endpoint for function in functions})
        self._listeners = deque(_Listener(function, settings, runner) for function in functions)

    def due(self) -> datetime | None:
        """Return when the next message may be taken, a past instant where one waits; None where none is to come."""
        if not self._listeners:
            return None
        first = self._arrivals.first()
        return min((at for listener in self._listeners if (at := listener.due(first)) is not None), default=None)

    async def step(self) -> Invocation | None:
        """Run one message that is due now; None where none was. The functions take turns."""
        now, first = self._world.now(), self._arrivals.first()
        for _ in range(len(self._listeners)):
            listener = self._listeners[0]
            self._listeners.rotate(-1)
            if (invocation := await listener.step(first, now)) is not None:
                return invocation
        return None


class _Listener:
    """One queue function: the messages it has in hand, and until when its queue is left alone."""

    def __init__(self, function: QueueFunction, settings: QueueSettings, runner: RunsMessages) -> None:
        self._function = function
        self._settings = settings
        self._runner = runner
        self._queue = StorageQueue(function.queue)
        poison = poison_queue_of(function.queue)
        self._poison = StorageQueue(poison) if poison else None
        self._in_hand: deque[_Taken] = deque()
        self._quiet_until: datetime | None = None

    def due(self, first: Mapping[Queue, datetime]) -> datetime | None:
        """Return when this listener has something to do, if `first` says when messages may be seen."""
        return _AT_ONCE if self._in_hand else self._expected(first)

    async def step(self, first: Mapping[Queue, datetime], now: datetime) -> Invocation | None:
        """Fetch what the batch rules allow, and run one message."""
        self._renew(now)
        expected = self._expected(first)
        if expected is not None and expected <= now and len(self._in_hand) <= self._settings.new_batch_threshold:
            self._fetch(now)
        while self._in_hand:
            message = self._in_hand.popleft().message
            if message.dequeue_count > self._settings.max_dequeue_count:
                self._set_aside(message)
                continue
            try:
                body = self._settings.encoding.body(message.text)
            except ValueError as reason:
                _log.warning("Message decoding has failed! Check messageEncoding. Message %s: %s", message.id, reason)
                self._set_aside(message)
                continue
            return await self._run(message, body)
        return None

    def _expected(self, first: Mapping[Queue, datetime]) -> datetime | None:
        at = first.get(self._function.queue)
        return at if at is None or self._quiet_until is None else max(at, self._quiet_until)

    def _fetch(self, now: datetime) -> None:
        """Take a batch. Where nothing is there the host backs off; it never creates the queue."""
        try:
            taken = self._queue.take(self._settings.batch_size, int(HIDDEN.total_seconds()))
        except ResourceNotFoundError:
            taken = []
        self._in_hand.extend(_Taken(message, now) for message in taken)
        self._quiet_until = None if taken else now + self._settings.max_polling_interval

    def _renew(self, now: datetime) -> None:
        for taken in self._in_hand:
            if now - taken.since >= RENEWED:
                self._queue.hide(taken.message, int(HIDDEN.total_seconds()))
                taken.since = now

    async def _run(self, message: Message, body: str | bytes) -> Invocation:
        invocation = await self._runner.receive(self._function, body, _metadata(message))
        if invocation.error is None:
            self._queue.delete(message)
        elif self._poison is None:
            # Left hidden, as in Azure: shown at once it would fail again at once, for ever.
            _log.warning("message %s of %s failed and has no poison queue", message.id, self._queue.place.name)
        elif message.dequeue_count >= self._settings.max_dequeue_count:
            self._set_aside(message)
        else:
            self._queue.hide(message, int(self._settings.visibility_timeout.total_seconds()))
        return invocation

    def _set_aside(self, message: Message) -> None:
        """Copy the text to the poison queue as it is, then delete the message; without one it stays hidden."""
        if self._poison is None:
            return
        name = self._poison.place.name
        _log.warning("message %s, taken %d times, moves to queue '%s'", message.id, message.dequeue_count, name)
        self._poison.put(message.text)
        self._queue.delete(message)


def _metadata(message: Message) -> dict[str, str | int | datetime]:
    return {
        "Id": message.id,
        "DequeueCount": message.dequeue_count,
        "PopReceipt": message.receipt,
        "InsertionTime": message.inserted,
        "ExpirationTime": message.expires,
        "NextVisibleTime": message.next_visible,
    }
