"""Does an unprotected VM come into the one right vault, at a start with room, and never by a guess?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.model.azure import PolicyType, ProtectionState
from shared.model.observed import Memory
from shared.model.plan import Finding
from shared.rules import plan_proof
from shared.rules.backup_windows import plan
from shared.rules.enrolment import choose_vault, objection, obstacle
from shared.rules.slot_policies import slot_policy
from tests.rules.fleet import NIGHT, NOW, intent, item, names, policy, seen, tier, vault, vm, written


def planned(observed, wanted=None):
    """The plan, confirmed by its checker."""
    wanted = wanted or intent()
    made = plan(observed, wanted, NOW)
    assert plan_proof.check(made, wanted, observed.vms) == []
    return made


def with_newcomers(count, protected=3, **fields):
    """A vault with `protected` VMs, and `count` more that nobody protects."""
    observed = seen(names(protected), **fields)
    return replace(observed, vms=(*observed.vms, *(vm(f"new-{number:02d}") for number in range(count))))


def test_the_one_vault_that_fits_takes_the_vm_under_a_policy_of_the_plan():
    made = planned(with_newcomers(1))
    (one,) = made.enrolments
    assert (one.name, one.vault_id, one.tier) == ("new-00", vault().id, "gold")
    (target,) = [found for found in made.policies if found.name == one.policy]
    assert target.start == one.slot * 30
    assert target.retention == tier().retention
    assert "24 h" in one.reason
    assert one.due > NOW


def test_an_enrolment_counts_neither_as_a_vm_of_the_plan_nor_in_its_peak():
    before, made = planned(seen(names(3))), planned(with_newcomers(5))
    assert (made.vms, made.proofs, made.peak) == (before.vms, before.proofs, before.peak)


def test_newcomers_are_spread_over_the_least_loaded_starts():
    made = planned(with_newcomers(8, protected=0))
    assert len({one.slot for one in made.enrolments}) > 3


def test_the_order_of_the_inputs_does_not_matter():
    observed = with_newcomers(6)
    turned = replace(observed, vms=observed.vms[::-1], items=observed.items[::-1])
    assert planned(turned) == planned(observed)


@pytest.mark.parametrize(
    ("vaults", "words"),
    [
        ((), "no vault in scope"),
        ((vault(region="eastus2"),), "no vault in scope"),
        ((vault(subscription="sub-2"),), "no vault in scope"),
        ((vault("rsv-2"), vault("rsv-1")), "(rsv-1, rsv-2): choose one"),
        ((vault(redundancy="LocallyRedundant"),), "that is GeoRedundant"),
    ],
)
def test_without_exactly_one_vault_nothing_is_chosen(vaults, words):
    wanted = intent(tiers=(tier(redundancy="GeoRedundant" if words.startswith("that") else ""),))
    observed = seen(vms=(vm("new"),), items=(), policies=(), vaults=vaults)
    choice = choose_vault(vm("new"), wanted.tiers[0], observed, wanted)
    assert choice.vault is None
    assert words in choice.reason
    assert planned(observed, wanted).enrolments == ()


def test_the_redundancy_of_the_tier_tells_two_vaults_apart():
    vaults = (vault(redundancy="LocallyRedundant"), vault("rsv-2", redundancy="GeoRedundant"))
    wanted = intent(tiers=(tier(redundancy="GeoRedundant"),))
    (one,) = planned(seen(vms=(vm("new"),), items=(), policies=(), vaults=vaults), wanted).enrolments
    assert one.vault_id == vaults[1].id


def test_a_full_vault_takes_nobody_and_leaves_the_choice_to_the_one_with_room():
    wanted, both = intent(limits={"vms_per_vault": 3}), (vault(), vault("rsv-2"))
    full = with_newcomers(1)
    assert "no room: rsv-1" in choose_vault(vm("new-00"), tier(), full, wanted).reason
    assert planned(full, wanted).enrolments == ()
    (one,) = planned(replace(full, vaults=both), wanted).enrolments
    assert one.vault_id == both[1].id


def test_the_last_room_of_a_vault_goes_to_one_vm_and_the_others_are_told():
    made = planned(with_newcomers(3), intent(limits={"vms_per_vault": 4}))
    assert [one.name for one in made.enrolments] == ["new-00"]
    assert {finding.subject.rpartition("/")[2] for finding in made.findings if finding.code == "not-enrolled"} == {
        "new-01",
        "new-02",
    }


def test_while_a_vault_cannot_be_read_nobody_is_enrolled():
    unreadable = (Finding("vault-unreadable", "/vaults/rsv-9", "rsv-9 could not be read"),)
    made = planned(with_newcomers(1, unreadable=unreadable))
    assert made.enrolments == ()


def test_policies_are_numbered_on_where_one_is_full():
    made = planned(with_newcomers(4), intent(limits={"vms_per_policy": 1, "slots_per_tier": 3}))
    taken = [line.policy for line in made.vms] + [one.policy for one in made.enrolments]
    assert len(taken) == len(set(taken)) == 7


def test_no_more_starts_are_opened_than_a_tier_may_have():
    made = planned(with_newcomers(9), intent(limits={"slots_per_tier": 2}))
    assert len(made.enrolments) == 9
    assert len({found.start for found in made.policies}) <= 2


def test_a_policy_that_is_not_ours_is_never_joined():
    foreign = [
        replace(slot_policy(vault().id, tier(), PolicyType.STANDARD, slot, 0), instant_restore_days=1)
        for slot in (*range(40, 48), *range(12))
    ]
    made = planned(seen(vms=(vm("new"),), items=(), policies=tuple(foreign)))
    (one,) = made.enrolments
    assert one.policy.endswith("-2")
    ours = seen(vms=(vm("new"),), items=(), policies=tuple(foreign), memory=Memory(written=written(*foreign)))
    assert planned(ours).enrolments[0].policy.endswith("-2")


@pytest.mark.parametrize(
    ("newcomer", "fields", "words"),
    [
        (vm("new", tags={"rsvaultbackup": "job-1"}), {}, "restore"),
        (vm("new", tags={"nightshift-hold": "2026-12-31;ops;later"}), {}, "on hold until 2026-12-31"),
        (vm("new"), {"memory": Memory(placements={vm("new").id: "/policy"})}, "removed by hand"),
        (
            vm("new"),
            {"items": (replace(item("new", policy(), soft_deleted=True), vm_id="/elsewhere/new"),)},
            "same name has a backup that was deleted",
        ),
        (
            vm("new"),
            {
                "items": (
                    replace(item("NEW", policy(), state=ProtectionState.PROTECTION_STOPPED), vm_id="/elsewhere/new"),
                )
            },
            "same name has a backup that was stopped",
        ),
    ],
    ids=["restored", "held", "removed by hand", "deleted namesake", "stopped namesake"],
)
def test_what_a_person_has_to_decide_is_not_enrolled(newcomer, fields, words):
    observed = seen(**({"vms": (newcomer,), "items": ()} | fields))
    assert words in obstacle(newcomer, observed, NIGHT)
    assert planned(observed).enrolments == ()


@pytest.mark.parametrize("fields", [{"soft_deleted": True}, {"state": ProtectionState.PROTECTION_STOPPED}])
def test_a_vm_whose_own_backup_ended_is_left_to_a_person(fields):
    assert planned(seen(vms=(vm("app"),), items=(item("app", policy(), **fields),))).enrolments == ()


def test_a_vm_out_of_scope_or_without_a_tier_is_not_enrolled():
    assert planned(seen(vms=(vm("plain", tier=""),), items=())).enrolments == ()


def test_a_sealed_vault_takes_nobody_for_longer_than_the_limit():
    sealed = with_newcomers(1, protected=0, vaults=(vault(immutability="Locked"),))
    made = planned(sealed, intent(limits={"max_retention_days": 100}))
    assert made.enrolments == ()
    assert [finding.code for finding in made.findings] == ["not-enrolled"]
    assert len(planned(sealed).enrolments) == 1


def test_what_was_planned_before_keeps_its_start_and_its_hour():
    observed = with_newcomers(2)
    first = planned(observed)
    later = plan(replace(observed, previous=first), intent(), NOW + timedelta(days=1))
    assert later.enrolments == first.enrolments
    changed = replace(first, policy_version="other")
    anew = plan(replace(observed, previous=changed), intent(), NOW + timedelta(days=1))
    assert {one.due for one in anew.enrolments} == {one.due + timedelta(days=1) for one in first.enrolments}


def test_a_planned_enrolment_is_judged_again_at_its_moment():
    observed = with_newcomers(1)
    (one,) = planned(observed).enrolments

    def reason(**fields):
        return objection(one, vault(), replace(observed, **fields), intent(), NIGHT)

    assert reason() == ""
    assert reason(vms=()) == "its VM is gone"
    assert "its tier is none now" in reason(vms=(vm("new-00", tier=""),))
    assert "rsv-1 is not of its region" in reason(vms=(vm("new-00", region="eastus2"),))
    assert "on hold" in reason(vms=(vm("new-00", tags={"nightshift-hold": "2026-12-31;ops;later"}),))
    full = intent(limits={"vms_per_vault": 3})
    assert "no room" in objection(one, vault(), observed, full, NIGHT)
