"""Is every VM that is not protected as intended found, once, with what to do?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.model.azure import PolicyType, ProtectionState, Retention
from shared.model.intent import Scope, TagMatch
from shared.model.observed import Memory
from shared.rules.protection import enable_command, judge, protected
from tests.rules.fleet import KEPT, NIGHT, intent, item, names, policy, seen, tier, vault, vm, vm_id, written

SLOT = policy("ns-gold-0200", 120)


def codes(observed, **wanted) -> list[tuple[str, str]]:
    return [(found.code, found.subject.rsplit("/", 1)[-1]) for found in judge(observed, intent(**wanted))]


def text(observed, **wanted) -> str:
    [found] = judge(observed, intent(**wanted))
    return found.text


def test_a_vm_in_a_slot_policy_of_its_tier_is_as_intended():
    assert codes(seen(["app"], SLOT)) == []


def test_a_vm_without_a_membership_is_unprotected():
    assert codes(seen(["app"], items=())) == [("unprotected", "app")]


def test_the_command_for_an_unprotected_vm_names_the_vault_and_a_slot_policy_of_ours():
    observed = seen(["app"], SLOT, items=(), memory=Memory(written=written(SLOT)))
    command = enable_command(vm("app"), vault(), "ns-gold-0200")
    assert text(observed) == f"app (gold) is not protected; run: {command}"
    assert command == (
        f"az backup protection enable-for-vm --resource-group rg --vault-name rsv-1 --vm {vm_id('app')} "
        "--policy-name ns-gold-0200"
    )


@pytest.mark.parametrize(
    ("other", "is_written"),
    [
        (policy("ns-gold-0200", 120), False),
        (policy("ns-gold-db-0200", 120), True),
        (policy("ns-gold-0200-v2", 120, policy_type=PolicyType.ENHANCED), True),
        (policy("Legacy"), True),
        (policy("ns-gold-0200", 120, vault_id="/vaults/other"), True),
    ],
    ids=["not ours", "another tier's", "of another type", "a human's", "in another vault"],
)
def test_no_policy_is_guessed_for_an_unprotected_vm(other, is_written):
    memory = Memory(written=written(other) if is_written else {})
    assert text(seen(["app"], other, items=(), memory=memory)).endswith("--policy-name <policy>")


def test_no_vault_is_guessed_for_an_unprotected_vm():
    where = "in scope in westeurope and its subscription"
    assert text(seen(["app"], items=(), vaults=())) == f"app (gold) is not protected; no vault {where}"
    two = (vault("rsv-2"), vault())
    several = f"2 vaults {where} (rsv-1, rsv-2): choose one"
    assert text(seen(["app"], items=(), vaults=two)) == f"app (gold) is not protected; {several}"


def test_a_restored_vm_is_for_a_person_to_decide():
    copy = vm("app", tags={"rsvaultbackup": "x"})
    (finding,) = judge(seen(vms=(copy,), items=()), intent())
    assert (finding.code, "decide" in finding.text) == ("restored-unprotected", True)


def test_a_hold_is_named_until_it_has_ended():
    held = vm("app", tags={"nightshift-hold": "2026-03-04;ops;migration"})
    (finding,) = judge(seen(vms=(held,), items=()), intent(), NIGHT)
    assert "on hold until 2026-03-04 by ops: migration" in finding.text
    (finding,) = judge(seen(vms=(held,), items=()), intent(), NIGHT + timedelta(days=1))
    assert "run: az backup" in finding.text


@pytest.mark.parametrize("elsewhere", [{"region": "eastus2"}, {"subscription": "sub-2"}])
def test_a_vault_of_another_region_or_subscription_does_not_fit(elsewhere):
    assert "no vault in scope" in text(seen(["app"], items=(), vaults=(vault(**elsewhere),)))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"state": ProtectionState.PROTECTION_STOPPED, "policy_id": ""}, "protection-stopped"),
        ({"state": ProtectionState.PROTECTION_ERROR}, "protection-unwell"),
        ({"state": ProtectionState.PROTECTION_PAUSED}, "protection-unwell"),
        ({"state": ProtectionState.PROTECTION_STOPPED, "soft_deleted": True}, "soft-deleted"),
    ],
)
def test_a_membership_that_does_not_work_is_found(fields, code):
    observed = seen(["app"], SLOT, items=(replace(item("app", SLOT), **fields),))
    assert codes(observed) == [(code, "app")]
    assert protected(observed, intent()) == 0


def test_a_living_membership_hides_a_deleted_one_in_another_vault():
    deleted = replace(item("app", policy(vault_id="/vaults/old")), soft_deleted=True)
    for items in ((deleted, item("app", SLOT)), (item("app", SLOT), deleted)):
        assert codes(seen(["app"], SLOT, items=items)) == []


def test_a_protected_vm_without_a_tier_is_found_and_an_unprotected_one_is_not():
    other = {"vms": (vm("app", tier=""), vm("web")), "items": (item("app", policy()), item("web", SLOT))}
    assert codes(seen(**other)) == [("no-tier", "app")]
    assert codes(seen(**other | {"items": (item("web", SLOT),)})) == []


def test_a_vm_out_of_scope_is_not_judged():
    off = (vm("app", tags={"nightshift": "off"}),)
    scope = Scope(("sub-1",), exclude=(TagMatch("nightshift", ("off",)),))
    assert codes(seen(["app"], vms=off, items=()), scope=scope) == []


def test_an_item_whose_vm_is_gone_is_found_unless_it_was_deleted():
    assert codes(seen(["app"], vms=())) == [("vm-gone", "app")]
    assert codes(seen(["app"], vms=(), items=(replace(item("app", SLOT), soft_deleted=True),))) == []


def test_a_policy_that_keeps_less_than_the_tier_is_the_wrong_tier():
    less = policy(kept=Retention(30))
    assert text(seen(["app"], less)) == ("app is tagged gold, but Legacy keeps less: weekly points: 12 weeks -> none")


def test_a_policy_that_keeps_more_than_the_tier_is_the_wrong_tier():
    more = policy(kept=replace(KEPT, daily_days=90))
    assert text(seen(["app"], more)) == "app is tagged gold, but Legacy keeps more: daily points: 90 days -> 30 days"


def test_a_default_schedule_that_keeps_the_same_is_only_reported():
    assert codes(seen(["app"])) == [("default-schedule", "app")]


def test_an_item_whose_policy_was_not_seen_is_left_to_others():
    assert codes(seen(["app"], policies=())) == []


@pytest.mark.parametrize(
    ("count", "near"), [(8, []), (9, ["Legacy has 9 of 10 VMs"]), (12, ["Legacy has 12 of 10 VMs"])]
)
def test_a_policy_near_its_limit_is_found(count, near):
    observed = seen(names(count), policy("Legacy"))
    found = judge(observed, intent(limits={"vms_per_policy": 10}))
    assert [one.text for one in found if one.code == "near-limit"] == near


def test_a_vault_near_its_limits_is_found():
    observed = seen(names(9))
    found = judge(observed, intent(limits={"vms_per_vault": 10, "policies_per_vault": 1}))
    assert sorted(one.text for one in found if one.code == "near-limit") == [
        "rsv-1 has 1 of 1 policies",
        "rsv-1 has 9 of 10 VMs",
    ]


def test_the_protected_vms_are_those_in_scope_that_work():
    resting = replace(item("c", SLOT), state=ProtectionState.PROTECTION_STOPPED)
    waiting = item("b", SLOT, state=ProtectionState.IR_PENDING)
    observed = seen(["a", "b", "c"], SLOT, items=(item("a", SLOT), waiting, resting, item("gone", SLOT)))
    assert protected(observed, intent()) == 2


def test_findings_come_sorted_whatever_the_order_of_the_world():
    observed = seen(["c", "a", "b"], items=())
    found = judge(observed, intent())
    assert found == judge(replace(observed, vms=observed.vms[::-1]), intent())
    assert [one.subject for one in found] == [vm_id(name) for name in "abc"]


def test_a_tier_judges_the_vms_that_match_it_only():
    assert codes(seen(["app"], SLOT), tiers=(tier("silver"), tier())) == [("tier-empty", "silver")]
