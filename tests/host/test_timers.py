import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from local.host.bindings import TimerFunction
from local.host.invocations import Invocation
from local.host.monitor import MemoryMonitor, ScheduleStatus
from local.host.schedule import Schedule
from local.host.timers import Timers
from tests.host.stand_in import ClockWorld

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
HOURLY = "0 0 * * * *"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-01-{text}:00+00:00")


def timer(name: str, schedule: str, *, on_startup: bool = False, monitor: bool = True) -> TimerFunction:
    return TimerFunction(name, name, "timer", Schedule.parse(schedule), on_startup, monitor)


@dataclass
class Runner:
    """Runs a function as a piece of the test, on the test's clock, and remembers what the function was shown."""

    world: ClockWorld
    body: Callable[[str], None] = lambda _: None
    shown: list[ScheduleStatus | None] = field(default_factory=list)

    async def tick(self, function: TimerFunction, status: ScheduleStatus | None, *, past_due: bool) -> Invocation:
        began = self.world.now()
        self.shown.append(status)
        error = None
        try:
            self.body(function.name)
        except RuntimeError as failure:
            error = str(failure)
        return Invocation(function.name, began, past_due, error, (self.world.now() - began).total_seconds())


@dataclass
class House:
    """A host's timers around one clock and one store of statuses; `start` is a restart of the host."""

    world: ClockWorld = field(default_factory=lambda: ClockWorld(MIDNIGHT))
    monitor: MemoryMonitor = field(default_factory=MemoryMonitor)
    runner: Runner = field(init=False)

    def __post_init__(self) -> None:
        self.runner = Runner(self.world)

    def start(self, *functions: TimerFunction) -> Timers:
        return Timers(functions, self.world, self.monitor, self.runner)

    def run(self, timers: Timers, until: datetime) -> list[Invocation]:
        ran = []
        while (invocation := asyncio.run(timers.step(until))) is not None:
            ran.append(invocation)
        self.world.advance(max(until, self.world.now()))
        return ran


@pytest.fixture
def house() -> House:
    return House()


def told(ran: list[Invocation]) -> list[tuple[str, str]]:
    return [(invocation.function, invocation.at.strftime("%d %H:%M")) for invocation in ran]


def test_the_clock_jumps_from_one_due_timer_to_the_next(house: House) -> None:
    timers = house.start(timer("hourly", HOURLY), timer("half", "0 30 * * * *"))
    assert told(house.run(timers, at("01T02:00"))) == [
        ("half", "01 00:30"),
        ("hourly", "01 01:00"),
        ("half", "01 01:30"),
        ("hourly", "01 02:00"),
    ]


def test_timers_due_together_run_in_the_order_of_the_app(house: House) -> None:
    timers = house.start(timer("second", HOURLY), timer("first", HOURLY))
    assert told(house.run(timers, at("01T01:00"))) == [("second", "01 01:00"), ("first", "01 01:00")]


def test_a_timer_never_seen_before_is_not_past_due(house: House) -> None:
    ran = house.run(house.start(timer("hourly", HOURLY)), at("01T01:00"))
    assert [invocation.past_due for invocation in ran] == [False]


def test_missed_occurrences_are_made_up_by_one_past_due_run_on_start(house: House) -> None:
    house.run(house.start(timer("hourly", HOURLY)), at("01T01:00"))
    house.world.advance(at("11T10:10"))
    ran = house.run(house.start(timer("hourly", HOURLY)), at("11T11:00"))
    assert [(invocation.at, invocation.past_due) for invocation in ran] == [
        (at("11T10:10"), True),
        (at("11T11:00"), False),
    ]


def test_an_occurrence_missed_before_the_first_run_is_made_up_too(house: House) -> None:
    house.start(timer("hourly", HOURLY))
    house.world.advance(at("01T05:30"))
    [run] = house.run(house.start(timer("hourly", HOURLY)), at("01T05:30"))
    assert run.past_due


def test_a_past_due_run_is_shown_the_occurrence_it_missed(house: House) -> None:
    house.run(house.start(timer("hourly", HOURLY)), at("01T01:00"))
    house.world.advance(at("11T10:10"))
    house.run(house.start(timer("hourly", HOURLY)), at("11T10:10"))
    assert house.runner.shown[-1] == ScheduleStatus(at("01T01:00"), at("01T02:00"), at("01T01:00"))


def test_nothing_is_past_due_when_the_schedule_itself_changed(house: House) -> None:
    house.run(house.start(timer("nightly", "0 0 1 * * *")), at("01T01:00"))
    house.world.advance(at("05T12:10"))
    ran = house.run(house.start(timer("nightly", "0 0 13 * * *")), at("05T13:00"))
    assert [(invocation.at, invocation.past_due) for invocation in ran] == [(at("05T13:00"), False)]


def test_nothing_is_past_due_when_the_host_comes_back_in_time(house: House) -> None:
    house.run(house.start(timer("nightly", "0 0 1 * * *")), at("01T01:00"))
    ran = house.run(house.start(timer("nightly", "0 0 1 * * *")), at("02T01:00"))
    assert [(invocation.at, invocation.past_due) for invocation in ran] == [(at("02T01:00"), False)]


def test_an_overrun_is_caught_up_once_and_the_rest_is_skipped(house: House) -> None:
    durations = iter([210.0 * 60])
    house.runner.body = lambda _: house.world.wait(next(durations, 0.0))
    ran = house.run(house.start(timer("hourly", HOURLY)), at("01T06:00"))
    assert told(ran) == [("hourly", "01 01:00"), ("hourly", "01 04:30"), ("hourly", "01 05:00"), ("hourly", "01 06:00")]
    assert not any(invocation.past_due for invocation in ran)


def test_an_exception_does_not_stop_the_schedule(house: House) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("no luck")

    house.runner.body = fail
    ran = house.run(house.start(timer("hourly", HOURLY)), at("01T02:00"))
    assert [invocation.error for invocation in ran] == ["no luck", "no luck"]


def test_a_timer_without_monitor_forgets_what_it_missed_and_is_shown_no_status(house: House) -> None:
    house.run(house.start(timer("hourly", HOURLY, monitor=False)), at("01T01:00"))
    house.world.advance(at("11T10:10"))
    ran = house.run(house.start(timer("hourly", HOURLY, monitor=False)), at("11T11:00"))
    assert [(invocation.at, invocation.past_due) for invocation in ran] == [(at("11T11:00"), False)]
    assert house.runner.shown == [None, None]


def test_a_schedule_within_the_minute_is_not_monitored(house: House) -> None:
    house.run(house.start(timer("often", "*/30 * * * * *")), MIDNIGHT + timedelta(seconds=30))
    assert house.monitor.read("often") is None


def test_a_timer_that_runs_on_startup_runs_at_once_and_is_not_past_due(house: House) -> None:
    ran = house.run(house.start(timer("eager", "0 0 1 * * *", on_startup=True)), MIDNIGHT)
    assert [(invocation.at, invocation.past_due) for invocation in ran] == [(MIDNIGHT, False)]


def test_a_timer_due_later_than_asked_leaves_the_clock_alone(house: House) -> None:
    timers = house.start(timer("hourly", HOURLY))
    assert asyncio.run(timers.step(at("01T00:59"))) is None
    assert house.world.now() == MIDNIGHT
