"""What happens around one invocation? The world learns who calls, time is measured, and the outcome is recorded."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from local.host.bindings import EventGridFunction, Hosted, HttpFunction, QueueFunction, TimerFunction
from local.host.logs import InvocationLog
from local.host.monitor import ScheduleStatus
from local.host.storage_queues import QueueOutputs
from local.host.worker import Message, Outcome, Worker
from local.host.world import World

CAUSED = "nightshift.caused"
"""Key of a request's scope: a list that collects the invocations which the request caused, where somebody asks."""
_log = logging.getLogger("nightshift.local.host")


@dataclass(frozen=True, slots=True)
class Invocation:
    """One run of a function: when it started, how long it took in simulated seconds, and its error or None."""

    function: str
    at: datetime
    past_due: bool
    error: str | None
    seconds: float

    def body(self) -> dict[str, object]:
        """Return the record as JSON values."""
        return {
            "function": self.function,
            "at": self.at.isoformat(),
            "past_due": self.past_due,
            "ok": self.error is None,
            "error": self.error,
            "seconds": self.seconds,
        }


class Invocations:
    """Runs functions one at a time, so that simulated time and the caller's name belong to one of them only."""

    def __init__(self, worker: Worker, world: World, log: InvocationLog, outputs: QueueOutputs) -> None:
        self.counts: Counter[str] = Counter()
        self._worker = worker
        self._world = world
        self._log = log
        self._outputs = outputs
        self._one_at_a_time = asyncio.Lock()

    async def tick(self, function: TimerFunction, status: ScheduleStatus | None, *, past_due: bool) -> Invocation:
        """Run a timer function; an exception in it is an error in the record. No `status`: it is not monitored."""
        timer = {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": status.body() if status else None,
            "IsPastDue": past_due,
        }
        invocation, _ = await self._run(
            function, lambda: self._worker.tick(function.function_id, function.argument, timer)
        )
        return replace(invocation, past_due=past_due)

    async def answer(self, function: HttpFunction, request: Message) -> tuple[Invocation, Outcome]:
        """Run an HTTP function; return the record, and what it answered."""
        return await self._run(function, lambda: self._worker.answer(function.function_id, function.argument, request))

    async def receive(
        self, function: QueueFunction, body: str | bytes, metadata: Mapping[str, str | int | datetime]
    ) -> Invocation:
        """Run a queue function with one message; an exception in it is an error in the record."""
        invocation, _ = await self._run(
            function, lambda: self._worker.receive(function.function_id, function.argument, body, metadata)
        )
        return invocation

    async def notify(self, function: EventGridFunction, event: str) -> Invocation:
        """Run an Event Grid function with the JSON text of one event; an exception in it is an error in the record."""
        invocation, _ = await self._run(
            function, lambda: self._worker.notify(function.function_id, function.argument, event)
        )
        return invocation

    async def _run(self, function: Hosted, start: Callable[[], Awaitable[Outcome]]) -> tuple[Invocation, Outcome]:
        async with self._one_at_a_time:
            at = self._begin(function)
            outcome, ended_at = await self._end(function, start())
            seconds = (ended_at - at).total_seconds()
            return Invocation(function.name, at, False, outcome.error, seconds), outcome

    def _begin(self, function: Hosted) -> datetime:
        self.counts[function.name] += 1
        label = f"{function.name}#{self.counts[function.name]}"
        at = self._world.announce(label)
        self._log.begin(label, at)
        return at

    async def _end(self, function: Hosted, running: Awaitable[Outcome]) -> tuple[Outcome, datetime]:
        outcome = self._outputs.write(function.outputs, await running)
        if outcome.error is not None:
            _log.error("%s failed: %s", function.name, outcome.error, extra={"trace": outcome.trace})
        self._log.end()
        return outcome, self._world.announce("")
