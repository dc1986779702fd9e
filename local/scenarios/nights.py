"""How do nights pass? The app's own trigger bodies, stepped from occurrence to occurrence over the pretend cloud."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from azure.functions.timer import TimerRequest

from local.host.schedule import Schedule
from local.scenarios.triggers import TIMER, started_by
from local.scenarios.watched import Hook, watched_ports, with_stores_of
from local.world import World
from local.world.cloud import Cloud
from shared import clock, wiring

LEASE = timedelta(seconds=15)
"""How long a process that stands still keeps the timers: then another host takes them."""
RESTART = timedelta(minutes=1)
"""How long the host takes to start a new process after one died."""
SENT = ".sent"
ELSEWHERE = frozenset({"watch_jobs", "watch_restores", "sweep", "run_extra_backups", "check_retention"})
"""Timers that pass over here: they run in `local.scenarios.workers`, beside the queues that they fill."""
AZURE = ("vaults.", "fleet.")
"""Calls that leave the app's own storage begin so."""


class Crash(BaseException):
    """The process dies here: nothing in the app may catch this."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer trigger: its function, its schedule, its next occurrence, and whether that was missed."""

    name: str
    schedule: Schedule
    body: Callable[[TimerRequest], None]
    due: datetime
    past_due: bool = False


@dataclass(frozen=True, slots=True)
class Invocation:
    """One run of a function: the names of its calls in order, and what it raised, "" where it ended well."""

    at: datetime
    function: str
    past_due: bool
    calls: tuple[str, ...]
    error: str

    @property
    def azure_calls(self) -> int:
        """Count the calls to Azure; those to the app's own storage are not among them."""
        return sum(name.startswith(AZURE) for name in self.calls)


class Nights:
    """A world, the app's ports over it, and the app's timers that plan, enforce, check and report.

    `log` has every invocation, `announce` is told of each when it begins. `fault` is told of each call (see
    `watched_ports`) while a function runs; what it raises, the app sees.
    """

    def __init__(self, world: World, intent: str, switches: frozenset[str] = frozenset({"plan"})) -> None:
        self.world = world
        self.fault: Hook | None = None
        self.log: list[Invocation] = []
        self.announce: Callable[[str], None] = _nobody
        self.moments = 0
        self.stood_still = False
        self.ports = watched_ports(world, switches, self._happens)
        self._crash_at: int | None = None
        self._stall: tuple[int, timedelta] | None = None
        self._calls: list[str] = []
        self._timers = [
            Timer(one.name, schedule, one.body, schedule.next_after(world.now))
            for one in started_by(TIMER)
            if one.name not in ELSEWHERE and (schedule := Schedule.parse(one.setting))
        ]
        self.publish(intent)

    def publish(self, intent: str) -> None:
        """Publish a fleet.yaml."""
        self.ports.policies.publish(intent)

    def until(self, instant: datetime) -> None:
        """Run every timer up to and at `instant`, in the order in which they are due; then let time pass to it."""
        while (timer := min(self._timers, key=lambda timer: timer.due)).due <= instant:
            self.world.advance_to(timer.due)
            self._tick(timer)
        self.world.advance_to(instant)

    def nights(self, count: float) -> None:
        """Run `count` days on from now."""
        self.until(self.world.now + timedelta(days=count))

    def dead_until(self, instant: datetime) -> None:
        """Let the world go on without the app; on return, each timer that missed occurrences runs once, past due."""
        self.world.advance_to(instant)
        self._timers = [self._restarted(timer) for timer in self._timers]

    def crash_at(self, moment: int) -> None:
        """Let the process die at the `moment`-th moment from now: 1 is before the next call takes effect.

        Every call is a moment, and every write one more: after its effect, before the app hears of it.
        """
        self._crash_at = self.moments + moment

    def stall_at(self, moment: int, span: timedelta) -> None:
        """Let the process stand still for `span` at the `moment`-th moment from now, and then go on where it was.

        Meanwhile another host takes the timers over, and keeps them. Moments are those of `crash_at`.
        """
        self._stall = (self.moments + moment, span)

    def command(self, name: str, body: Callable[[], Any]) -> Any:
        """Run something that an operator starts, as an invocation of its own; return what it returned."""
        returned: list[Any] = []
        self._invoke(name, lambda: returned.append(body()), past_due=False)
        return returned[0] if returned else None

    def tick(self, name: str) -> Invocation:
        """Run the named timer's function now, whatever its schedule says."""
        timer = self._named(name)
        return self._invoke(name, lambda: timer.body(_request(past_due=False)), past_due=False)

    def body(self, name: str) -> Callable[[], None]:
        """Return the named timer's function, to be run by the caller inside `sources`."""
        timer = self._named(name)
        return lambda: timer.body(_request(past_due=False))

    @contextmanager
    def sources(self) -> Iterator[None]:
        """Make the app see this world's time and these ports."""
        clock.set_source(lambda: self.world.now)
        wiring.set_source(lambda: self.ports)
        try:
            yield
        finally:
            clock.set_source(None)
            wiring.set_source(None)

    def truth(self) -> dict[str, Any]:
        """Return the world's truth for the judge."""
        return Cloud(self.world).truth()

    def errors(self) -> list[Invocation]:
        """Return the invocations that raised something."""
        return [invocation for invocation in self.log if invocation.error]

    def calls(self, function: str, since: datetime) -> int:
        """Count the calls to Azure that `function` made in invocations from `since` on."""
        return sum(done.azure_calls for done in self.log if done.function == function and done.at >= since)

    def all_calls(self, begins: datetime, ends: datetime) -> int:
        """Count the calls to Azure of all invocations in [begins, ends)."""
        return sum(done.azure_calls for done in self.log if begins <= done.at < ends)

    def twin(self) -> "Nights":
        """Return a copy with a world and stores of its own, from which the future can be told differently.

        Raises ValueError while a membership write is under way: its effect belongs to the first world.
        """
        if any(operation.status == "InProgress" for operation in self.world.operations.values()):
            raise ValueError("twin: a membership write is under way; let half a minute pass first")
        other = copy.copy(self)
        other.world = copy.deepcopy(self.world)
        other.log = list(self.log)
        other._calls, other.announce = [], _nobody
        fresh = watched_ports(other.world, self.ports.switches, other._happens)
        other.ports = with_stores_of(fresh, self.ports)
        return other

    def _named(self, name: str) -> Timer:
        return next(timer for timer in self._timers if timer.name == name)

    def _tick(self, timer: Timer) -> None:
        began, led = self.world.now, not self.stood_still
        done = self._invoke(timer.name, lambda: timer.body(_request(past_due=timer.past_due)), timer.past_due)
        if done.error == Crash.__name__:
            self.dead_until(self.world.now + RESTART)
            return
        if led and self.stood_still:
            return
        after = replace(timer, due=timer.schedule.next_after(began), past_due=False)
        self._timers = [after if other.name == timer.name else other for other in self._timers]

    def _restarted(self, timer: Timer) -> Timer:
        missed = timer.due <= self.world.now
        return replace(timer, due=self.world.now, past_due=True) if missed else timer

    def _invoke(self, name: str, body: Callable[[], object], past_due: bool) -> Invocation:
        began, error = self.world.now, ""
        self.announce(f"{name}#{len(self.log) + 1}")
        self._calls = []
        try:
            with self.sources():
                body()
        except Crash:
            error = Crash.__name__
        except Exception as raised:
            error = f"{type(raised).__name__}: {raised}"
        done = Invocation(began, name, past_due, tuple(self._calls), error)
        self.log.append(done)
        return done

    def _happens(self, call: str) -> None:
        """Take note of a call, charge its time, and let it go wrong where that is wanted."""
        if not call.endswith(SENT):
            self._calls.append(call)
            if call.startswith(AZURE):
                self.world.advance(self.world.pace.call)
        self.moments += 1
        if self.moments == self._crash_at:
            raise Crash(call)
        if self._stall is not None and self.moments == self._stall[0]:
            self._stand_still(self._stall[1])
        if self.fault is not None:
            self.fault(call)

    def _stand_still(self, span: timedelta) -> None:
        """Let another host live through `span`, in the middle of this one's invocation."""
        wakes, calls, self._stall, self.stood_still = self.world.now + span, self._calls, None, True
        self.dead_until(self.world.now + LEASE)
        self.until(wakes)
        self._calls = calls
        clock.set_source(lambda: self.world.now)
        wiring.set_source(lambda: self.ports)


def _nobody(_label: str) -> None:
    return None


def eve_of_first_moves(told: Nights) -> datetime:
    """Return the minute before the tick in which the app would first move a VM, within three days.

    Raises ValueError where it would move none.
    """
    rehearsal = told.twin()
    rehearsal.nights(3)
    moving = [done.at for done in rehearsal.log if any(name.endswith("assign_policy") for name in done.calls)]
    if not moving:
        raise ValueError("the app moves no VM within three days")
    return moving[0] - timedelta(minutes=1)


def _request(*, past_due: bool) -> TimerRequest:
    return TimerRequest(past_due=past_due)
