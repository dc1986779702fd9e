"""Do messages, events and timers come back as on the host, whatever is killed or fails?"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from local import fleets
from local.host.host_json import extension
from local.memory.queues import MemoryQueues
from local.scenarios.intent import document
from local.scenarios.nights import Crash, Nights
from local.scenarios.post import AGAIN, Chances, Post
from local.scenarios.triggers import QUEUE, TIMER, Function, functions, started_by
from local.scenarios.workers import ALERTS, APP, JOB_EVENTS, LIKELY, Killer, Workers
from local.world.world import EPOCH
from shared.errors import Transient

pytestmark = pytest.mark.no_cover

MINUTE = timedelta(minutes=1)
SURE = Chances(lost=0.0, copies=1, late=0.0, soon=timedelta())


@dataclass
class Fate(Killer):
    """Lets the first call of every function with one of these names end badly."""

    of: dict[str, BaseException] = field(default_factory=dict)
    now: str = ""

    def begins(self, function: Function) -> None:
        self.now = function.name

    def __call__(self, call: str) -> None:  # noqa: ARG002 every call ends so
        if self.now in self.of:
            raise self.of[self.now]


def workers(timers: tuple[str, ...] = ("check_protection",), ends: dict[str, BaseException] | None = None) -> Workers:
    nights = Nights(fleets.generated(2, vaults=1, regions=1), document(), frozenset({"backup"}))
    return Workers(nights, timers, Post(random.Random(1), SURE), Fate(random.Random(1), {}, of=ends or {}))


def runs(of: Workers, name: str) -> list[datetime]:
    return [done.at for done in of.nights.log if done.function == name]


def minutes(instants: list[datetime], since: datetime) -> list[int]:
    return [round((at - since) / MINUTE) for at in instants]


def test_every_function_that_something_starts_is_known() -> None:
    restoring = {"fan_out_restores", "fan_out_production_restores", "advance_restore"}
    assert {one.name for one in started_by(QUEUE)} == {"check_one", "respond_to_job", "run_backup", *restoring}
    assert {"watch_jobs", "sweep", "check_protection"} <= {one.name for one in started_by(TIMER)}
    assert {JOB_EVENTS, ALERTS} <= {one.name for one in functions()}
    assert {one.trigger for one in functions()} == LIKELY.keys()


def test_a_message_that_fails_comes_back_after_five_minutes_and_is_poison_after_five_times() -> None:
    told = workers(ends={"respond_to_job": Transient("503")})
    began = told.nights.world.now
    told.nights.ports.queues.send("job-triage", "words")
    told.until(began + 60 * MINUTE)
    assert minutes(runs(told, "respond_to_job"), began) == [0, 5, 10, 15, 20]
    queues = told.nights.ports.queues
    assert isinstance(queues, MemoryQueues)
    assert queues.waiting("job-triage-poison") == ["words"]
    assert extension(APP, "queues")["maxDequeueCount"] == 5


def test_the_message_of_a_killed_worker_comes_back_when_its_lease_has_ended() -> None:
    told = workers(ends={"respond_to_job": Crash("killed")})
    began = told.nights.world.now
    told.nights.ports.queues.send("job-triage", "words")
    told.until(began + 25 * MINUTE)
    assert minutes(runs(told, "respond_to_job"), began) == [0, 10, 20]
    assert len(told.killer.kills) == 3


def test_an_event_whose_handler_failed_is_sent_again_by_event_grids_schedule() -> None:
    told = workers(ends={JOB_EVENTS: Transient("503"), ALERTS: Crash("killed")})
    began = told.nights.world.now
    for function in (JOB_EVENTS, ALERTS):
        told.post.send(function, "{", began)
    told.until(began + timedelta(hours=2))
    waited = [sum(AGAIN[:tries], timedelta()) for tries in range(len(AGAIN))]
    for function in (JOB_EVENTS, ALERTS):
        assert [at - began for at in runs(told, function)] == [span for span in waited if span <= timedelta(hours=2)]


def test_a_killed_timer_runs_at_its_next_occurrence() -> None:
    told = workers(("watch_jobs",), {"watch_jobs": Crash("killed")})
    began = told.nights.world.now
    told.until(began + 16 * MINUTE)
    assert minutes(runs(told, "watch_jobs"), began) == [5, 10, 15]


def test_messages_and_events_run_in_the_order_in_which_they_are_due() -> None:
    told = workers(("watch_jobs",))
    began = told.nights.world.now
    told.nights.ports.queues.send("job-triage", "words", 240)
    told.post.send(JOB_EVENTS, "{", began)
    told.until(began + 5 * MINUTE)
    assert [done.function for done in told.nights.log] == [JOB_EVENTS, "respond_to_job", "watch_jobs"]
    assert told.nights.errors() == []


def test_the_post_loses_copies_delays_and_mixes() -> None:
    post, began = Post(random.Random(5)), EPOCH
    for number in range(1000):
        post.send(JOB_EVENTS, str(number), began)
    assert 250 < post.lost < 350
    came = []
    while post.due():
        came.append(post.take())
    copies = Counter(one.text for one in came)
    assert (min(copies.values()), max(copies.values()), len(copies)) == (1, 5, 1000 - post.lost)
    assert max(one.due for one in came) > began + timedelta(hours=5)
    assert [one.due for one in came] == sorted(one.due for one in came)
    assert [int(one.text) for one in came] != sorted(int(one.text) for one in came)


def test_a_killer_strikes_before_and_after_effects_in_every_kind_of_function() -> None:
    told = Nights(fleets.generated(6, vaults=1, regions=1), document(), frozenset({"backup"}))
    often = Workers(
        told, ("watch_jobs", "sweep"), Post(random.Random(1)), Killer(random.Random(2), dict.fromkeys(LIKELY, 0.5))
    )
    often.until(told.world.now + timedelta(days=1))
    last = {
        done.function: {one.calls[-1] for one in told.log if one.error and one.function == done.function}
        for done in told.log
    }
    assert len(last["watch_jobs"]) >= 5
    assert {done.error for done in told.log} == {"", Crash.__name__}
    assert len(often.killer.kills) == len(told.errors())
