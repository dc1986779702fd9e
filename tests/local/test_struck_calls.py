"""What becomes of a call that is stuck, slow or met by a human hand, and of scheduled runs that mishaps befall?"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from local import fleets
from local.arm.messages import Response
from local.arm.service import Service
from local.faults import plan
from local.world import World
from local.world.cloud import Cloud
from local.world.state import Item, Job, Operation
from tests.local.test_service import ITEM, VAULT, ask, move

HOUR = timedelta(hours=1)
POLICY = f"{VAULT}/backupPolicies/Critical"


def service(*rules: dict[str, Any]) -> Service:
    return Service(Cloud(fleets.demo(), plan({"rules": list(rules)})))


def item(of: Service) -> Item:
    return of.cloud.world.items[ITEM.lower()]


def home(of: Service) -> str:
    return item(of).policy_id.rsplit("/", 1)[-1]


def operation(of: Service, accepted: Response) -> dict[str, Any]:
    """The operation's status, or its error's code where it has one."""
    path = accepted.headers["Azure-AsyncOperation"].removeprefix("https://localhost:1").partition("?")[0]
    body = ask(of, "GET", path).body
    assert body is not None
    return body


def code(answer: Response) -> str:
    assert answer.body is not None
    return str(answer.body["error"]["code"])


def job(of: Service) -> Job:
    return next(job for job in of.cloud.world.jobs.values() if job.operation == "ConfigureBackup")


def test_a_stuck_operation_keeps_its_item_busy_and_then_takes_effect() -> None:
    one = service({"kind": "stuck", "hours": 6, "times": 1})
    accepted = move(one)
    one.cloud.wait(5 * 3600)
    assert (accepted.status, operation(one, accepted)["status"], job(one).status) == (202, "InProgress", "InProgress")
    assert home(one) == "DefaultPolicy"
    refused = move(one)
    assert (refused.status, code(refused)) == (409, "BMSUserErrorConflictingProtectionOperation")
    one.cloud.wait(3700)
    assert (operation(one, accepted)["status"], job(one).status, home(one)) == ("Succeeded", "Completed", "Critical")
    assert move(one, "DefaultPolicy").status == 202


def test_a_stuck_operation_may_fail_with_a_code_and_without_an_effect() -> None:
    one = service({"kind": "stuck", "outcome": "failed", "code": "UserErrorSomething", "times": 1})
    accepted = move(one)
    one.cloud.wait(24 * 3600 + 60)
    ended = operation(one, accepted)
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "UserErrorSomething")
    assert (job(one).status, job(one).error, home(one)) == ("Failed", "UserErrorSomething", "DefaultPolicy")
    assert move(one).status == 202


def test_an_operation_that_is_stuck_after_its_effect_has_it_in_time() -> None:
    one = service({"kind": "stuck", "when": "after", "outcome": "failed", "times": 1})
    accepted = move(one)
    one.cloud.wait(60)
    assert (home(one), operation(one, accepted)["status"]) == ("Critical", "InProgress")
    assert move(one, "DefaultPolicy").status == 409
    one.cloud.wait(24 * 3600)
    assert (home(one), operation(one, accepted)["status"]) == ("Critical", "Failed")


def stuck(one: Service) -> list[Operation]:
    """Return the operations that go on for longer than any usual one."""
    world = one.cloud.world
    world.advance(timedelta(minutes=5))
    return [operation for operation in world.operations.values() if operation.status == "InProgress"]


def test_a_stuck_item_is_busy_however_much_was_written_since() -> None:
    one = service({"kind": "stuck", "times": 1})
    move(one)
    others = [other.id for other in one.cloud.world.items.values() if other.active and other is not item(one)]
    (first,) = stuck(one)
    for number in range(600):
        one.cloud.world.operations[f"later-{number}"] = type(first)(
            f"later-{number}", others[0].lower(), VAULT.lower(), one.cloud.now(), status="Succeeded"
        )
    assert move(one).status == 409


def test_only_writes_of_items_get_stuck() -> None:
    one = service({"kind": "stuck", "nth": [1]})
    properties = one.cloud.world.policies[POLICY.lower()].properties
    assert ask(one, "PUT", POLICY, {"properties": properties}).status == 200
    assert ask(one, "POST", f"{ITEM}/backup", {}).status == 202
    assert stuck(one) == []
    move(one)
    assert len(stuck(one)) == 1


def test_what_is_refused_anyway_does_not_get_stuck() -> None:
    one = service({"kind": "stuck"})
    assert move(one, "Missing").status == 400
    assert stuck(one) == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_slow_call_takes_its_time_before_or_after_its_effect(when: str) -> None:
    one = service({"kind": "slow", "seconds": 600, "when": when})
    began = one.cloud.now()
    move(one)
    wrote = one.cloud.world.activity[-1].at
    assert one.cloud.now() - began >= timedelta(seconds=600)
    assert (wrote - began >= timedelta(seconds=600)) is (when == "before")


def test_a_hand_before_a_call_moves_its_item_and_then_the_call_is_refused() -> None:
    one = service({"kind": "drift", "act": {"kind": "assign", "policy": "Archive"}, "times": 1})
    assert move(one).status == 409
    one.cloud.wait(60)
    assert home(one) == "Archive"
    assert [entry.caller for entry in one.cloud.world.activity] == ["human@example.com"]


def test_a_hand_after_a_call_waits_for_its_operation_and_then_has_its_way() -> None:
    one = service({"kind": "drift", "when": "after", "act": {"kind": "assign", "policy": "Archive"}, "times": 1})
    assert move(one).status == 202
    one.cloud.wait(120)
    assert home(one) == "Archive"
    assert [entry.caller for entry in one.cloud.world.activity] == ["tester", "human@example.com"]


@pytest.mark.parametrize(("method", "path"), [("PUT", ITEM), ("GET", ITEM), ("GET", POLICY)])
def test_an_edit_is_of_the_policy_that_the_call_names_or_that_its_item_has(method: str, path: str) -> None:
    one = service({"kind": "drift", "act": {"kind": "edit", "start": "01:30"}})
    ask(one, method, path, {"properties": {"policyId": POLICY}} if method == "PUT" else None)
    edited = {name for name, policy in one.cloud.world.policies.items() if policy.rules.starts == (90,)}
    assert edited == {POLICY.lower() if "PUT" in method or path == POLICY else item(one).policy_id.lower()}


def test_tags_stops_and_deletions_are_of_the_item_of_the_call() -> None:
    one = service(
        {"kind": "drift", "act": {"kind": "tag", "tags": {"a": "b"}}, "nth": [1]},
        {"kind": "drift", "act": {"kind": "create", "name": "app-weu-99"}, "nth": [2]},
        {"kind": "drift", "act": {"kind": "stop"}, "nth": [3]},
        {"kind": "drift", "act": {"kind": "delete"}, "nth": [4]},
    )
    vm_id = item(one).vm_id.lower()
    for _ in range(3):
        ask(one, "GET", ITEM)
    one.cloud.wait(60)
    assert one.cloud.world.vms[vm_id].tags["a"] == "b"
    assert vm_id.replace("app-weu-03", "app-weu-99") in one.cloud.world.vms
    assert item(one).state == "ProtectionStopped"
    ask(one, "GET", ITEM)
    assert vm_id not in one.cloud.world.vms


def test_an_act_on_something_else_may_be_set_off_by_any_call() -> None:
    act = {"kind": "assign", "item": ITEM, "policy": "Archive"}
    one = service({"kind": "drift", "act": act, "nth": [1]})
    ask(one, "GET", VAULT)
    one.cloud.wait(60)
    assert home(one) == "Archive"


def test_a_hand_that_finds_nothing_leaves_things_as_they_are() -> None:
    nowhere = {"kind": "assign", "item": ITEM, "policy": "Missing"}
    one = service({"kind": "drift", "act": {"kind": "assign", "policy": "Critical"}}, {"kind": "drift", "act": nowhere})
    assert ask(one, "GET", VAULT).status == 200
    gone = ask(one, "GET", ITEM.replace("app-weu-03", "app-weu-98"))
    assert (gone.status, one.cloud.world.activity) == (404, [])


def runs(world: World, days: int = 6) -> Iterator[tuple[str, datetime, timedelta, timedelta]]:
    """Each scheduled run from now on: its VM, its slot, how late it began and how long it was hidden."""
    began = world.now
    world.advance(timedelta(days=days))
    for one in world.jobs.values():
        if one.scheduled_for is not None and one.scheduled_for > began:
            yield one.vm_name, one.scheduled_for, one.started_at - one.scheduled_for, one.visible_at - one.started_at


def fleet(*mishaps: dict[str, Any]) -> World:
    return Cloud(fleets.generated(8, vaults=1, regions=1), plan({"world": list(mishaps)})).world


def test_late_runs_start_after_the_promised_two_hours_and_the_others_as_ever() -> None:
    calm, late = list(runs(fleet())), list(runs(fleet({"kind": "late_jobs", "rate": 0.3, "hours": 7})))
    assert max(run[2] for run in calm) <= 2 * HOUR
    struck = [run for run in late if run[2] > 2 * HOUR]
    assert 0.1 * len(late) < len(struck) < 0.6 * len(late)
    assert max(run[2] for run in struck) <= 7 * HOUR
    assert set(late) - set(struck) <= set(calm)


def test_missing_runs_never_start_and_the_truth_counts_them() -> None:
    calm, world = list(runs(fleet())), fleet({"kind": "missing_jobs", "rate": 0.3})
    seen = list(runs(world))
    assert set(seen) < set(calm)
    truth = Cloud(world).truth()["counters"]
    assert truth["jobs_missing"] >= len(calm) - len(seen) > 4
    assert truth["runs_skipped"] > 0


def test_unlisted_jobs_are_in_lists_later_than_five_minutes() -> None:
    seen = list(runs(fleet({"kind": "unlisted_jobs", "minutes": 45})))
    assert min(run[3] for run in seen) > timedelta(minutes=5)
    assert timedelta(minutes=30) < max(run[3] for run in seen) <= timedelta(minutes=45)


def test_a_mishap_may_be_for_some_vms_only_and_a_calm_plan_ends_it() -> None:
    world = fleet()
    cloud, one = Cloud(world), next(iter(world.vms.values()))
    cloud.set_faults({"world": [{"kind": "missing_jobs", "rate": 1, "vm": f"/{one.name.upper()}"}]})
    assert one.name not in {run[0] for run in runs(world, 2)}
    cloud.set_faults("calm")
    assert one.name in {run[0] for run in runs(world, 2)}
