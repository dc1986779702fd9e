"""Can the story of failed backups fail? What is missed, told twice, told late or started in vain is found."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from local import fleets
from local.memory.sending import CALLER
from local.scenarios import failure_judge as judge
from local.scenarios.bad_runs import BadRun, bad_runs
from local.scenarios.forbidden import Operator, forbidden_starts, retries
from local.scenarios.intent import document, tiers
from local.scenarios.troubles import Freeze, Kept, Protected, Records
from local.world import World, human
from local.world.on_demand import trigger_backup
from local.world.state import Item
from shared.model.failures import Alert, Failure, History, Kind, Severity
from shared.rules.incidents import fold, incidents

pytestmark = pytest.mark.no_cover

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
INTENT = json.loads(document(tiers=tiers(standard={"retry_outside_window": True})))


@pytest.fixture
def world() -> World:
    world = fleets.generated(4, vaults=1, regions=1, history_days=3)
    world.pace = replace(world.pace, failure_rate=0.0)
    return world


@pytest.fixture
def item(world: World) -> Item:
    """An item of the tier that may be retried at any hour; it starts at 22:30."""
    return next(item for item in world.items.values() if item.policy_id.endswith("DefaultPolicy"))


@pytest.fixture
def records(world: World, item: Item) -> Records:
    return Records(protected=[Protected(item.id.lower(), world.rules_of(item), world.now)])  # type: ignore[arg-type]


def fails(world: World, item: Item, code: str = "CloudInternalError") -> BadRun:
    """Let the item's next run fail, and time pass until it is over and shows."""
    human.act(world, "afflict", {"vm": item.vm_id, "code": code})
    while not any(job.scheduled_for and job.status == "Failed" for job in world.failures):
        world.advance(5 * MINUTE)
    human.act(world, "mend", {"vm": item.vm_id})
    world.advance(6 * MINUTE)
    return next(run for run in bad_runs(world, []) if run.job is world.failures[-1])


def starts(world: World, item: Item, caller: str = CALLER) -> None:
    trigger_backup(world, world.vaults[item.vault_id], item.id, None, caller)


def told(run: BadRun, key: str = "", state: str = "open") -> Alert:
    covered = f"{run.vm_id}|{run.code.family}/{run.code.name}|{run.started_at:%Y%m%dt%H%M%Sz}|{state}".lower()
    return Alert(
        key=key or covered,
        severity=Severity.ERROR,
        title="",
        what_happened="",
        what_was_tried="",
        what_to_do=(),
        link="",
        members=(run.vm_name,),
        covers=(covered,),
    )


def test_a_failed_job_is_missed_until_it_is_in_an_incident_or_made_up_for(world: World, item: Item) -> None:
    run = fails(world, item)
    assert run.job is not None
    assert (run.kind, run.code.name, run.knowable >= run.started_at) == (Kind.FAILED, "CloudInternalError", True)
    assert judge.without_incident([run], world, []) == [run]
    fact = Failure(
        kind=Kind.FAILED,
        vm_id=run.vm_id,
        vm_name=run.vm_name,
        item_id=item.id,
        vault_id=item.vault_id,
        started_at=run.started_at,
        job_id=run.job.id,
        name="CloudInternalError",
    )
    assert judge.without_incident([run], world, incidents(fold(History(), [fact]))) == []
    starts(world, item, human.CALLER)
    world.advance(6 * HOUR)
    assert judge.without_incident([run], world, []) == [run]
    assert judge.without_incident([replace(run, knowable=world.now)], world, []) == []


def test_runs_that_left_no_job_are_found_with_their_reason(world: World, item: Item, records: Records) -> None:
    item.generation += 1
    world.advance(13 * HOUR)
    assert bad_runs(world, records.protected) == []
    world.advance(HOUR)
    (run,) = bad_runs(world, records.protected)
    assert (run.kind, run.job, f"{run.knowable:%H:%M}") == (Kind.OVERDUE, None, "01:15")
    stopped = [replace(records.protected[0], ends=run.knowable)]
    assert bad_runs(world, stopped) == []
    starts(world, item)
    assert len(bad_runs(world, records.protected)) == 1
    world.jobs[world.running[item.id.lower()]].started_at -= HOUR
    assert bad_runs(world, records.protected) == []


def test_a_run_that_another_backup_or_a_deleted_vm_took_away_is_found(
    world: World, item: Item, records: Records
) -> None:
    world.advance(10 * HOUR)
    item.full_next = True
    starts(world, item, human.CALLER)
    world.advance(5 * HOUR)
    assert [run.kind for run in bad_runs(world, records.protected)] == [Kind.COLLIDED]
    human.act(world, "delete", {"vm": item.vm_id})
    world.advance(DAY)
    assert [run.kind for run in bad_runs(world, records.protected)][-1] is Kind.MISSING_VM


def test_an_incident_that_is_told_of_under_two_keys_is_found(world: World, item: Item) -> None:
    run = fails(world, item)
    alone, storm, worse = told(run), told(run, "storm"), told(run, "storm", "escalated")
    at = world.now
    assert judge.conflicting([(alone, at), (alone, at), (worse, at)], world) == []
    assert len(judge.conflicting([(alone, at), (storm, at)], world)) == 1
    again = replace(run, started_at=run.started_at + DAY)
    assert len(judge.conflicting([(alone, at), (told(again), at)], world)) == 1
    starts(world, item)
    world.advance(6 * HOUR)
    assert judge.conflicting([(alone, at), (told(again), at)], world) == []
    assert judge.repeated([(alone, at), (storm, at), (alone, at)]) == 1


def test_word_that_comes_late_or_never_is_found_and_kills_excuse_ten_minutes_each(world: World, item: Item) -> None:
    run = fails(world, item, "UserErrorGuestAgentStatusUnavailable")
    world.advance(3 * HOUR)

    def waited(minutes: float, *kills: float) -> list[judge.Wait]:
        killed = [run.knowable + kill * MINUTE for kill in kills]
        return judge.waits([run], world, [(told(run), run.knowable + minutes * MINUTE)], killed)

    assert [(one.minutes, one.too_long) for one in waited(20)] == [(20.0, False)]
    assert [one.too_long for one in waited(21)] == [True]
    assert [(one.kills, one.too_long) for one in waited(29, -5, 10, 40)] == [(1, False)]
    assert [one.too_long for one in waited(31, 10)] == [True]
    assert waited(-1) == []
    assert [(one.minutes, one.too_long) for one in judge.waits([run], world, [], [])] == [(None, True)]
    assert judge.waits([replace(run, knowable=world.now)], world, [], []) == []
    other = told(replace(run, started_at=run.started_at - DAY), state="resolved")
    assert [one.too_long for one in judge.waits([run], world, [(other, run.knowable)], [])] == [True]


def test_what_may_be_tried_again_needs_nobody_until_it_was(world: World, item: Item) -> None:
    run = fails(world, item)
    world.advance(HOUR)
    assert judge.waits([run], world, [], []) == []
    for _ in range(3):
        human.act(world, "afflict", {"vm": item.vm_id, "code": "CloudInternalError"})
        starts(world, item)
        world.advance(HOUR)
    mine = [bad for bad in bad_runs(world, []) if bad.item is item]
    waited = judge.waits(mine, world, [], [])
    assert [one.run for one in waited] == mine[2:]
    assert max(retries(world).values()) == 3


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("a blackout", lambda one, at: one.freezes.append(Freeze(at - HOUR, at.date(), at.date() + DAY))),
        ("a pause", lambda one, at: one.paused.append(Kept("*", at - HOUR, at + HOUR))),
        ("a hold", lambda one, at: one.held.append(Kept("*", at - HOUR, at + HOUR))),
        ("", lambda one, at: one.freezes.append(Freeze(at + HOUR, at.date(), at.date()))),
        ("", lambda one, at: one.paused.append(Kept("*", at - HOUR, at))),
    ],
)
def test_a_start_against_the_operators_word_is_found(
    world: World, item: Item, records: Records, reason: str, change: Callable[[Records, datetime], None]
) -> None:
    fails(world, item)
    world.advance(HOUR)
    change(records, world.now)
    starts(world, item)
    found = forbidden_starts(world, Operator(INTENT, records), bad_runs(world, records.protected))
    assert [line.partition(": ")[2] for line in found] == ([reason] if reason else [])


def forbidden(world: World, records: Records) -> list[str]:
    found = forbidden_starts(world, Operator(INTENT, records), bad_runs(world, records.protected))
    return [line.partition(": ")[2] for line in found]


def test_a_start_that_helps_nobody_is_found(world: World, item: Item, records: Records) -> None:
    starts(world, item, human.CALLER)
    world.advance(6 * HOUR)
    assert forbidden(world, records) == []
    starts(world, item)
    assert forbidden(world, records) == ["nothing had failed"]
    world.advance(3 * HOUR)
    fails(world, item, "UserErrorGuestAgentStatusUnavailable")
    world.advance(HOUR)
    starts(world, item)
    assert forbidden(world, records)[1:] == ["its last failure is UserErrorGuestAgentStatusUnavailable, user_fix"]


def test_a_start_near_a_scheduled_run_or_too_often_or_out_of_hours_is_found(
    world: World, item: Item, records: Records
) -> None:
    fails(world, item)
    world.advance_to(world.now.replace(hour=3, minute=0) + (DAY if world.now.hour > 12 else timedelta()))
    for _ in range(4):
        starts(world, item)
        world.advance(4 * HOUR)
    assert set(forbidden(world, records)) == {"a later backup had made up for it", "there were too many on that day"}
    world.advance_to(world.now.replace(hour=21, minute=0))
    starts(world, item)
    assert "its scheduled run was near" in forbidden(world, records)
    strict = forbidden_starts(world, Operator(json.loads(document()), records), bad_runs(world, records.protected))
    assert any(line.endswith("the window is closed") for line in strict)


def test_a_start_that_kept_a_scheduled_run_from_starting_is_found(world: World, item: Item, records: Records) -> None:
    world.advance_to(world.now.replace(hour=22, minute=0))
    item.full_next = True
    starts(world, item)
    world.advance(3 * HOUR)
    assert "it kept the scheduled run from starting" in forbidden(world, records)
