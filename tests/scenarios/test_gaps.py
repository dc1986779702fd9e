"""Can the year fail? Each gap that nobody made by hand is found, and those that somebody made are not."""

import random
from datetime import timedelta

import pytest

from local import fleets
from local.scenarios.gaps import Tags, runs_overdue, tags_missed
from local.scenarios.hand import Act, Hand
from local.world import World
from local.world.human import act
from local.world.state import Item

RPO = {"critical": timedelta(hours=40), "standard": timedelta(hours=40)}
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    return fleets.generated(4, vaults=1, regions=1)


@pytest.fixture
def item(world: World) -> Item:
    return next(item for item in world.items.values() if item.policy_id.endswith("Critical"))


def nobody(world: World) -> Hand:
    return Hand(world, random.Random(1))


def tags(world: World) -> Tags:
    return {key: [(world.now, vm.tags["backup-tier"])] for key, vm in world.vms.items()}


def without_runs(world: World, item: Item, days: int) -> None:
    """Let a schedule be lost for some days, as a write at a wrong hour would, and come back."""
    item.generation += 1
    world.advance(days * DAY)
    world.reschedule(item)
    world.advance(2 * DAY)


def test_ordinary_weeks_have_no_gaps(world: World) -> None:
    noted = tags(world)
    world.advance(21 * DAY)
    assert runs_overdue(world, nobody(world), noted, RPO) == []
    assert tags_missed(world, nobody(world)) == []


def test_a_vm_without_a_run_is_found_also_where_none_has_come_yet(world: World, item: Item) -> None:
    noted = tags(world)
    world.advance(2 * DAY)
    item.generation += 1
    world.advance(2 * DAY)
    (gap,) = runs_overdue(world, nobody(world), noted, RPO)
    assert (gap.item_id, gap.ends) == (item.id.lower(), world.now)
    assert "no run" in str(gap)


def test_a_gap_is_judged_by_the_longest_rpo_that_counted_in_it(world: World, item: Item) -> None:
    noted = {key: list(found) for key, found in tags(world).items()}
    without_runs(world, item, 1)
    assert len(runs_overdue(world, nobody(world), noted, RPO)) == 1
    noted[item.vm_id.lower()].append((world.now, "slow"))
    assert len(runs_overdue(world, nobody(world), noted, RPO | {"slow": 9 * DAY})) == 1
    noted[item.vm_id.lower()][-1] = (world.now - 2.5 * DAY, "slow")
    assert runs_overdue(world, nobody(world), noted, RPO | {"slow": 9 * DAY}) == []


def test_a_gap_that_somebody_made_is_not_counted(world: World, item: Item) -> None:
    noted, hand = tags(world), nobody(world)
    world.advance(2 * DAY)
    hand.acts.append(Act(world.now, "schedule", item.policy_id.lower(), "", (item.id.lower(),)))
    without_runs(world, item, 2)
    assert runs_overdue(world, hand, noted, RPO) == []
    assert len(runs_overdue(world, nobody(world), noted, RPO)) == 1


def test_a_tag_is_no_reason_for_a_gap_but_a_deleted_vm_is(world: World, item: Item) -> None:
    noted, hand = tags(world), nobody(world)
    world.advance(2 * DAY)
    hand.acts.append(Act(world.now, "tier", item.vm_id.lower(), "standard"))
    act(world, "delete", {"vm": item.vm_id})
    world.advance(3 * DAY)
    assert len(runs_overdue(world, hand, noted, RPO)) == 1
    hand.acts.append(Act(world.now - 3 * DAY, "delete", item.vm_id.lower()))
    assert runs_overdue(world, hand, noted, RPO) == []


def test_a_first_backup_stands_for_the_run_that_it_is_still_in_the_way_of(world: World, item: Item) -> None:
    noted = tags(world)
    world.advance(2 * DAY)
    last = max((job for job in world.jobs.values() if job.item_id == item.id.lower()), key=lambda job: job.started_at)
    without_runs(world, item, 1)
    assert len(runs_overdue(world, nobody(world), noted, RPO)) == 1
    last.ended_at = last.started_at + DAY
    assert runs_overdue(world, nobody(world), noted, RPO) == []


def test_a_weekly_run_that_never_came_is_found(world: World, item: Item) -> None:
    without_runs(world, item, 8)
    world.advance(7 * DAY)
    assert {gap.kind for gap in tags_missed(world, nobody(world))} == {"weekly run"}


def test_a_vm_that_is_gone_has_no_points_any_more_not_even_of_the_snapshot_under_way(world: World, item: Item) -> None:
    while item.id.lower() not in world.running:
        world.advance(timedelta(minutes=5))
    job, points = world.jobs[world.running[item.id.lower()]], len(item.points)
    act(world, "delete", {"vm": item.vm_id})
    world.advance(DAY)
    assert (job.status, job.error, len(item.points)) == ("Failed", "UserErrorVmNotFoundV2", points)


def test_people_create_and_delete_vms_protect_them_again_and_take_edits_back() -> None:
    world = fleets.generated(9, vaults=1, regions=1)
    habits = dict.fromkeys(("create", "delete", "stop", "protect_again", "keep_longer", "undo"), 1)
    spared = frozenset(sorted(world.items)[:1])
    for policy in world.policies.values():
        policy.name = f"ns-{policy.name}"
    hand = Hand(world, random.Random(2), habits, spared=spared)
    for _ in range(60):
        hand.act()
        world.advance(timedelta(hours=5))
    assert {act.kind for act in hand.acts} == {"create", "delete", "stop", "again", "longer", "shorter"}
    assert not any(act.subject in spared for act in hand.acts)
