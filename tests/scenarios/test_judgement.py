"""Can the stories fail? A careless hand writes under the app's name, and each count finds it."""

import json
import random
import threading
from collections import Counter
from datetime import timedelta

import pytest

from local import fleets
from local.memory.sending import CALLER
from local.scenarios import people
from local.scenarios.command import main
from local.scenarios.endings import ELSEWHERE, TWICE, Ending, Tally, over_a_hand, runs_too_far_apart
from local.scenarios.faults import Faults, OneFault, fault
from local.scenarios.hand import Act, Hand
from local.scenarios.told import at_least, moves, per_vault_day, policy_writes, target_of, unharmed, writes, zero
from local.scenarios.twins import Turns
from local.world import World, human
from local.world import writes as world_writes
from local.world.state import Item
from shared.errors import Permanent, Transient

pytestmark = pytest.mark.no_cover

HOUR = timedelta(hours=1)
SETTLED = timedelta(minutes=1)


@pytest.fixture
def world() -> World:
    return fleets.generated(6, vaults=1, regions=1)


@pytest.fixture
def item(world: World) -> Item:
    return next(item for item in world.items.values() if item.policy_id.endswith("DefaultPolicy"))


def app_moves(world: World, item: Item, policy: str) -> None:
    vault = world.vaults[item.vault_id]
    target = {"policyId": f"{vault.id}/backupPolicies/{policy}", "extendedProperties": item.extended}
    world_writes.put_item(world, vault, item.id, target, CALLER)
    world.advance(SETTLED)


def person(world: World) -> Hand:
    return Hand(world, random.Random(1))


def test_the_apps_writes_are_told_from_a_persons(world: World, item: Item) -> None:
    hand = person(world)
    hand.move()
    assert writes(world) == []
    app_moves(world, item, "Critical")
    assert [target_of(world, move) for move in moves(world)] == ["Critical"]
    assert policy_writes(world) == []
    assert sum(per_vault_day(moves(world)).values()) == 1


def test_a_move_of_an_adopted_vm_is_found(world: World, item: Item) -> None:
    hand = person(world)
    app_moves(world, item, "Critical")
    hand.acts.append(Act(world.now, "move", item.id.lower(), "defaultpolicy"))
    world.advance(HOUR)
    app_moves(world, item, "Critical")
    assert len(people.moves_of_adopted(world, hand)) == 1


def test_a_move_of_a_vm_on_hold_is_found(world: World, item: Item) -> None:
    hand = person(world)
    hand.acts.append(Act(world.now, "hold", item.vm_id.lower(), str(world.now.date())))
    app_moves(world, item, "Critical")
    assert len(people.moves_of_held(world, hand)) == 1
    hand.acts.append(Act(world.now, "release", item.vm_id.lower()))
    app_moves(world, item, "DefaultPolicy")
    assert len(people.moves_of_held(world, hand)) == 1


def test_a_run_that_the_app_lost_is_found(world: World, item: Item) -> None:
    world.advance(timedelta(days=2))
    for _ in range(3):
        app_moves(world, item, "Critical")
        item.generation += 1
        world.advance(timedelta(days=1))
    assert people.runs_lost(world, person(world))


def test_what_a_person_gives_up_is_no_loss_but_what_the_app_gives_up_is(world: World, item: Item) -> None:
    vault = world.vaults[item.vault_id]
    policy = world.policies[item.policy_id.lower()]
    shorter = json.loads(json.dumps(policy.properties))
    shorter["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] = 7
    hand = person(world)
    hand.edit("shorter", policy, shorter, "7")
    world.advance(timedelta(days=2))
    assert world.counters.points_pruned == 0
    critical = world.policies[f"{vault.id}/backupPolicies/Critical".lower()]
    world_writes.put_policy(world, vault, "Critical", {**shorter, "timeZone": "UTC"}, CALLER)
    world.advance(timedelta(days=2))
    assert critical.rules.kept["daily"] == 7
    assert world.counters.points_pruned > 0


def test_people_do_every_kind_of_thing(world: World) -> None:
    hand = Hand(world, random.Random(3))
    for name in ("ns-critical-2230", "ns-standard-2330"):
        vault = next(iter(world.vaults.values()))
        source = world.policies[f"{vault.id}/backupPolicies/Critical".lower()]
        world_writes.put_policy(world, vault, name, source.properties, CALLER)
        for item in list(world.items.values())[:3]:
            app_moves(world, item, name)
    for _ in range(120):
        hand.act()
        world.advance(timedelta(hours=3))
    assert {act.kind for act in hand.acts} == {
        "move", "schedule", "longer", "shorter", "tier", "hold", "release", "stop"
    }  # fmt: skip


def test_expectations_can_fail() -> None:
    assert not zero("losses", 1).ok
    assert not at_least("moves", 2, 1).ok
    lost = unharmed({"points_pruned": 1, "protection_stopped": 0, "exclusions_lost": 0, "policies_shortened": 0})
    assert [check.ok for check in lost] == [False, True, True, True]


def test_the_kinds_of_faults_say_whether_to_try_again() -> None:
    refused, lost, permanent = fault("refused"), fault("lost before"), fault("permanent")
    assert isinstance(refused, Transient)
    assert refused.refused
    assert isinstance(lost, Transient)
    assert not lost.refused
    assert isinstance(permanent, Permanent)


def test_one_fault_strikes_once_and_after_the_effect_where_wanted() -> None:
    one = OneFault(2, "lost after")
    one("ledger.read")
    one("vaults.assign_policy")
    with pytest.raises(Transient):
        one("vaults.assign_policy.sent")
    one("vaults.assign_policy.sent")
    assert one.struck == "vaults.assign_policy.sent"


def test_one_fault_may_do_something_instead_and_waits_are_no_calls() -> None:
    done: list[str] = []
    one = OneFault(2, "slow before", lambda: done.append("slept"))
    for call in ("ledger.read", "wait", "vaults.assign_policy", "vaults.assign_policy.sent"):
        one(call)
    assert (done, one.struck) == (["slept"], "vaults.assign_policy")


def test_a_story_is_harmed_where_a_vm_ends_elsewhere_without_a_reason() -> None:
    calm = Ending({"a": ("p", "1"), "b": ("p", "1")}, frozenset(), frozenset(), Counter())
    moved = {"a": ("p", "1"), "b": ("q", "1")}
    tally = Tally(calm)
    tally.note(calm, "calm")
    tally.note(Ending(moved, frozenset("b"), frozenset(), Counter()), "held")
    tally.note(Ending(moved, frozenset(), frozenset("b"), Counter({TWICE: 1})), "by hand", by_hand=True)
    assert [check.name for check in tally.checks() if not check.ok] == []
    tally.note(Ending(moved, frozenset(), frozenset("b"), Counter({TWICE: 1, "points_pruned": 2})), "broken")
    assert (tally.stories, tally.same_end, tally.with_a_reason) == (4, 1, 2)
    assert {check.name: check.measured for check in tally.checks() if not check.ok} == dict.fromkeys(
        ("points_pruned", TWICE, ELSEWHERE), "broken"
    )


def test_a_write_over_a_persons_is_found(world: World, item: Item) -> None:
    app_moves(world, item, "Critical")
    human.act(world, "assign", {"item": item.id, "policy_id": f"{item.vault_id}/backupPolicies/DefaultPolicy"})
    world.advance(SETTLED)
    assert over_a_hand(world) == []
    app_moves(world, item, "Critical")
    assert [entry.resource_id for entry in over_a_hand(world)] == [item.id]


def test_runs_of_a_vm_that_are_too_far_apart_are_counted(world: World, item: Item) -> None:
    world.advance(timedelta(days=3))
    assert runs_too_far_apart(world) == 0
    item.generation += 1
    world.advance(timedelta(days=3))
    assert runs_too_far_apart(world) == 1


def test_an_edit_by_hand_may_be_put_back_after_a_day_and_not_before(world: World, item: Item) -> None:
    vault = world.vaults[item.vault_id]
    policy = world.policies[f"{vault.id}/backupPolicies/Critical".lower()]
    properties = policy.properties
    for days, found in ((1.1, 0), (0.9, 1)):
        world_writes.put_policy(world, vault, "Critical", properties, CALLER)
        human.act(world, "edit", {"policy_id": policy.id, "start": "01:00"})
        world.advance(timedelta(days=days))
        world_writes.put_policy(world, vault, "Critical", properties, CALLER)
        assert len(over_a_hand(world)) == found


def test_the_first_call_named_always_goes_wrong() -> None:
    some = Faults(random.Random(1), "vaults.write_policy", share=0.0)
    some("vaults.items")
    with pytest.raises((Transient, Permanent)):
        _call_twice(some)
    some("vaults.write_policy")
    assert some.struck == 1


def _call_twice(some: Faults) -> None:
    """Before the effect, and after it."""
    some("vaults.write_policy")
    some("vaults.write_policy.sent")


def test_twins_take_turns_one_at_a_time() -> None:
    turns, inside, seen = Turns(random.Random(5)), threading.Lock(), []

    def walk(name: str) -> None:
        for _ in range(20):
            turns.wait_for_turn()
            with_nobody_else = inside.acquire(blocking=False)
            seen.append((name, with_nobody_else))
            inside.release()
        turns.leave()

    threads = [threading.Thread(target=walk, args=(name,)) for name in ("one", "other")]
    turns.expect(2)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 40
    assert all(alone for _, alone in seen)
    assert len({name for name, _ in seen[:20]}) == 2


def test_the_command_lists_the_stories(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "human-edits" in capsys.readouterr().out


def test_an_unknown_story_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-story"]) == 2
    assert "no-such-story" in capsys.readouterr().err


def test_a_story_takes_no_option_of_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quotas", "--vms", "3", "--planted", "4"]) == 2
    assert "takes no --planted, --vms" in capsys.readouterr().err


def test_a_story_is_one_object_on_stdout_and_its_exit_code_tells_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["twins", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["scenario"] == "twins"
    assert all(expectation["ok"] for expectation in told["expectations"])
    assert main(["quotas", "--nights", "1", "--json"]) == 1
    cut_short = capsys.readouterr()
    assert not all(expectation["ok"] for expectation in json.loads(cut_short.out)["expectations"])
    assert "NOT OK" in cut_short.err
