"""What may the planner choose from? Durations, allowed starts and the region's problem."""

from dataclasses import replace

import pytest

from shared.model.intent import PatchWindow, TagMatch
from shared.model.observed import Memory
from shared.rules.backup_windows import plan
from shared.rules.candidates import candidates, stay
from shared.rules.region_problem import in_words, peak_of, region_problem
from tests.rules.fleet import NIGHT, NOW, intent, item, jobs, policy, seen, tier, vault, vm, window, written

OURS = policy("ns-gold-2300", 23 * 60)
WANTED = intent(separation_tag="application", vault_ceiling=5, region_ceilings={"westeurope": 7})


def look():
    """One VM free in a human's policy, one in ours, one held by its tag in a human's policy."""
    return seen(
        vms=(
            vm("a", tags={"application": "shop"}),
            vm("b", tags={"application": "shop"}),
            vm("c", tags={"nightshift-hold": "2026-12-31;kim;x"}),
        ),
        items=(item("a", policy()), item("b", OURS), item("c", policy())),
        policies=(policy(), OURS),
        jobs=jobs("a", 50),
        memory=Memory(written=written(OURS)),
    )


def test_a_free_vm_may_start_in_its_window_and_a_held_one_where_it_is():
    a, b, c = candidates(look(), WANTED, NOW, NIGHT)
    assert a.allowed == b.allowed == (*range(12), *range(40, 48))
    assert (c.allowed, c.free, c.window) == ((44,), False, None)


def test_patching_takes_starts_away_and_a_vm_that_it_leaves_none_stays_with_the_reason():
    patched = PatchWindow(TagMatch("application", ("shop",)), 0, 2 * 60, "UTC")
    a, *_ = candidates(look(), replace(WANTED, patch_windows=(patched,)), NOW, NIGHT)
    assert a.allowed == a.usual == (*range(4, 12), *range(40, 43))
    whole_night = replace(patched, start=18 * 60, end=8 * 60)
    a, _, c = candidates(look(), replace(WANTED, patch_windows=(whole_night,)), NOW, NIGHT)
    assert (a.free, a.allowed) == (False, (44,))
    assert a.membership.held == (
        "its patch windows leave no start in window night for a backup of 1 h: move one of them"
    )
    assert c.membership.held.startswith("on hold until")


def test_a_vm_that_is_made_to_stay_is_fixed_with_its_reason():
    a = candidates(look(), WANTED, NOW, NIGHT)[0]
    fixed = stay(a, "its policy is blocked")
    assert (fixed.allowed, fixed.free, fixed.membership.held) == ((44,), False, "its policy is blocked")
    assert stay(a, "") is a


def test_the_region_is_stated_with_its_limits_groups_and_standing_starts():
    members = candidates(look(), WANTED, NOW, NIGHT)
    problem = region_problem("westeurope", members, WANTED)
    assert (problem.durations, problem.loads) == ([2, 2, 2], [1, 1, 1])
    assert problem.standing == [None, 46, 44]
    assert problem.separate == [1, 1, 0]
    assert problem.groups[0] == problem.groups[1] != problem.groups[2]
    assert (problem.ceilings, problem.ceiling) == ({1: 5}, 7)
    assert (problem.vms_per_policy, problem.policies_per_vault, problem.slots_per_group) == (100, 50, 16)


def test_where_a_vm_was_last_planned_it_stands():
    observed = look()
    made = plan(observed, WANTED, NOW)
    again = seen(vms=observed.vms, items=observed.items, policies=observed.policies, previous=made)
    problem = region_problem("westeurope", candidates(again, WANTED, NOW, NIGHT), WANTED)
    assert problem.standing[:2] == [line.slot for line in made.vms[:2]]


def test_more_policies_than_a_day_may_write_are_not_planned():
    wanted = intent(limits={"policies_per_vault": 200, "policy_writes_per_vault_day": 7})
    problem = region_problem("westeurope", candidates(look(), wanted, NOW, NIGHT), wanted)
    assert problem.policies_per_vault == 7


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("vault 1: its ceiling of 5 cannot be held", "vault rsv-1: its ceiling of 5 cannot be held"),
        ("job 1: it has no allowed start", "VM b: it has no allowed start"),
        ("separation group 1: jobs 0, 1 cannot", "separation group shop: VMs a, b cannot"),
        ("vault 1, group 2: no plan", "vault rsv-1, group tier gold V1: no plan"),
        ("the ceiling of 7 cannot be held: the jobs need at least 8.0", None),
    ],
)
def test_a_reason_is_told_with_names(reason, words):
    members = candidates(look(), WANTED, NOW, NIGHT)
    assert in_words(reason, members, WANTED) == (words or reason)


def test_the_peak_goes_round_midnight_and_ignores_unknown_starts():
    assert peak_of([(46, 4), (0, 2), (None, 9), (20, 1)]) == 2
    assert peak_of([]) == 0


def test_the_window_of_the_vaults_region_counts():
    wanted = intent(windows={"night": window("20:00-21:00", "UTC", eastus2="America/New_York")}, tiers=(tier(),))
    observed = seen(["app"], vaults=(vault(region="eastus2"),))
    assert candidates(observed, wanted, NOW, NIGHT)[0].allowed == (2, 3)
