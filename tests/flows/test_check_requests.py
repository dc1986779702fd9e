"""Is one VM checked at once, enrolled only where the rules allow it, and a stranger's message never trusted?"""

import json
from datetime import timedelta

import pytest

from local import fleets
from local.memory.queues import MemoryQueues
from local.world.state import Vm
from shared.errors import BadMessage, Permanent
from shared.flows import check_requests
from shared.messages.checks import CheckRequest, check_request_from_json, check_request_to_json
from shared.model.plan import Outcome
from tests.flows.stage import POLICY, SUBSCRIPTION, Stage, stage

BOTH = ("plan", "enrol")


def settled(switches: tuple[str, ...] = BOTH) -> Stage:
    night = stage(vms=2, switches=switches)
    night.settled()
    night.tomorrow()
    night.plan()
    return night


def created(night: Stage, name: str = "new", **tags: str) -> Vm:
    """A VM that somebody made after the plan."""
    return fleets.add_vm(night.world, name, "rg-vms", "westeurope", {"tier": "standard"} | tags)


def check(night: Stage, vm: Vm) -> tuple[list[str], list[Outcome]]:
    request = CheckRequest(vm_id=vm.id.lower())
    findings, steps = check_requests.check_one(night.ports, night.intent, request, night.world.now)
    return [found.code for found in findings], [step.outcome for step in steps if step.kind == "enrolment"]


def rejected(night: Stage) -> list[dict[str, object]]:
    assert isinstance(night.ports.queues, MemoryQueues)
    return [json.loads(body) for body in night.ports.queues.waiting(check_requests.REJECTED)]


def test_a_new_vm_is_told_and_enrolled_at_once_and_a_second_message_does_nothing() -> None:
    night = settled()
    vm = created(night)
    assert check(night, vm) == (["unprotected"], [Outcome.WRITTEN])
    assert "/ns-standard-" in night.item("new").policy_id
    assert check(night, vm) == ([], [])
    assert night.count("vaults.protect") == 1


def test_a_wave_of_changes_of_one_vault_is_one_look() -> None:
    night = settled()
    (vault,) = night.ports.vaults.vaults(SUBSCRIPTION)
    early, late = night.world.now, night.world.now + timedelta(minutes=2)
    asked = [CheckRequest(vault_id=vault.id, changed_at=at) for at in (early, early, late)]
    looks = []
    for request, minutes in zip(asked, (1, 1, 3), strict=True):
        night.world.advance_to(early + timedelta(minutes=minutes))
        before = night.count("vaults.items")
        check_requests.receive(night.ports, night.intent, check_request_to_json(request), night.world.now)
        looks.append(night.count("vaults.items") > before)
    assert looks == [True, False, True]


def test_without_the_switch_it_is_only_told() -> None:
    night = settled(("plan",))
    assert check(night, created(night)) == (["unprotected"], [])
    assert night.writes == night.count("vaults.protect") == 0


def test_the_nights_limit_counts_here_too() -> None:
    night = settled()
    night.limited(initial_backups_per_night=1)
    assert check(night, created(night, "new-0"))[1] == [Outcome.WRITTEN]
    assert check(night, created(night, "new-1"))[1] == [Outcome.WAITING]


def test_what_a_person_has_to_decide_is_told_and_left() -> None:
    night = settled()
    assert check(night, created(night, RSVaultBackup="job")) == (["restored-unprotected"], [])


def test_while_the_plan_is_of_another_policy_nobody_is_enrolled() -> None:
    night = settled()
    night.with_text(("rpo: 48h", "rpo: 72h"))
    assert check(night, created(night)) == (["unprotected"], [])


def test_the_enrolment_stands_in_the_record_of_the_night() -> None:
    night = settled()
    check(night, created(night))
    rows = night.ports.ledger.rows(f"steps-{night.intent.night_of(night.world.now)}").values()
    assert [row["outcome"] for row in rows if row["kind"] == "enrolment"] == ["written"]


def test_a_vault_is_checked_with_the_vms_that_it_would_take() -> None:
    night = settled()
    created(night)
    (vault,) = night.ports.vaults.vaults(SUBSCRIPTION)
    request = CheckRequest(vault_id=vault.id)
    findings, steps = check_requests.check_one(night.ports, night.intent, request, night.world.now)
    assert [found.code for found in findings] == ["unprotected"]
    assert [step.outcome for step in steps if step.kind == "enrolment"] == [Outcome.WRITTEN]


@pytest.mark.parametrize(
    "request_",
    [
        CheckRequest(vm_id="/subscriptions/other/resourcegroups/r/providers/microsoft.compute/virtualmachines/x"),
        CheckRequest(vault_id="/subscriptions/other/resourcegroups/r/providers/microsoft.recoveryservices/vaults/x"),
    ],
)
def test_a_stranger_that_names_nothing_in_scope_is_refused_and_set_aside_with_the_reason(
    request_: CheckRequest,
) -> None:
    night = settled()
    with pytest.raises(BadMessage):
        check_requests.check_one(night.ports, night.intent, request_, night.world.now)
    check_requests.receive(night.ports, night.intent, check_request_to_json(request_), night.world.now)
    (kept,) = rejected(night)
    assert "in scope" in str(kept["reasons"])


def test_a_message_that_cannot_be_read_is_set_aside_whole_and_not_retried() -> None:
    night = settled()
    check_requests.receive(night.ports, night.intent, '{"version": 9}', night.world.now)
    (kept,) = rejected(night)
    assert kept["message"] == '{"version": 9}'
    assert len(str(kept["reasons"])) > 20
    check_requests.receive(night.ports, night.intent, "x" * 60_000, night.world.now)
    assert len(rejected(night)) == 2


def test_an_operator_asks_by_name_and_ambiguous_names_are_refused() -> None:
    night = settled()
    vm = created(night)
    assert check_requests.ask(night.ports, night.intent, vm="NEW") == CheckRequest(vm_id=vm.id.lower())
    vault = check_requests.ask(night.ports, night.intent, vault="rsv-0")
    assert isinstance(night.ports.queues, MemoryQueues)
    sent = [check_request_from_json(body) for body in night.ports.queues.waiting(check_requests.REQUESTS)]
    assert sent == [CheckRequest(vm_id=vm.id.lower()), vault]
    fleets.add_vm(night.world, "new", "rg-other", "westeurope", {})
    for name in ("new", "nobody"):
        with pytest.raises(Permanent):
            check_requests.ask(night.ports, night.intent, vm=name)
    assert "standard" in POLICY
