"""Which timer runs now, and is it late? The rules of the Functions host, on simulated time."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from azure.core.exceptions import AzureError

from local.host.bindings import TimerFunction
from local.host.invocations import Invocation
from local.host.monitor import Monitor, ScheduleStatus, first_status, status_after, status_on_start
from local.host.world import World

_log = logging.getLogger("nightshift.local.host")


class RunsTimers(Protocol):
    """Runs one timer function."""

    async def tick(self, function: TimerFunction, status: ScheduleStatus | None, *, past_due: bool) -> Invocation:
        """Run it and return the record; never raise what the function raised."""


@dataclass(slots=True)
class _Timer:
    function: TimerFunction
    status: ScheduleStatus
    due: datetime
    past_due: bool
    monitored: bool


class Timers:
    """The started timers of one app. Only the host that holds the lease makes one."""

    def __init__(self, functions: Sequence[TimerFunction], world: World, monitor: Monitor, runner: RunsTimers) -> None:
        """Start the timers at the world's present instant: those that missed an occurrence are past due."""
        self._world = world
        self._monitor = monitor
        self._runner = runner
        now = world.now()
        self._timers = [self._started(function, now) for function in functions]

    def upcoming(self) -> dict[str, datetime]:
        """Return the next occurrence of each timer; a past one is due at once."""
        return {timer.function.name: timer.status.next for timer in self._timers}

    def due(self) -> datetime | None:
        """Return when the next timer is due, a past instant where one is late; None where there are no timers."""
        return min((timer.due for timer in self._timers), default=None)

    async def step(self, until: datetime) -> Invocation | None:
        """Run the timer that is due first, if it is due by `until`, after moving the clock there; else return None.

        Timers due at the same instant run in the app's order. A timer that fell due while another ran (in Azure they
        would run side by side) starts where that one left the clock. If several of its occurrences passed, it runs
        once for all of them.
        """
        timer = min(self._timers, key=lambda timer: timer.due, default=None)
        if timer is None or timer.due > until:
            return None
        if timer.due > self._world.now():
            self._world.advance(timer.due)
        return await self._run(timer)

    async def _run(self, timer: _Timer) -> Invocation:
        shown = timer.status if timer.monitored else None
        invocation = await self._runner.tick(timer.function, shown, past_due=timer.past_due)
        timer.status = status_after(timer.function.schedule, invocation.at)
        timer.due, timer.past_due = timer.status.next, False
        if timer.monitored:
            self._store(timer)
        return invocation

    def _started(self, function: TimerFunction, now: datetime) -> _Timer:
        schedule = function.schedule
        monitored = function.use_monitor and not schedule.is_sub_minute(now)
        stored = self._monitor.read(function.name) if monitored else None
        status = first_status(schedule, now) if stored is None else status_on_start(stored, schedule, now)
        due = min(status.next, now) if function.run_on_startup else status.next
        timer = _Timer(function, status, due, past_due=now > status.next, monitored=monitored)
        if monitored and status != stored:
            self._store(timer)
        return timer

    def _store(self, timer: _Timer) -> None:
        """Store the status, best effort, as Azure does: the timer runs on without."""
        try:
            self._monitor.write(timer.function.name, timer.status)
        except AzureError as error:
            _log.warning("the status of timer %s could not be stored: %s", timer.function.name, error.message)
