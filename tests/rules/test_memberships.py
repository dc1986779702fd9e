"""May a VM be planned, and why not? (Safety rules 1, 2, 3, 5 and 11.)"""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from shared.model.azure import Frequency, PolicyType, ProtectionState, Retention
from shared.model.intent import IncreaseApproval, RetentionApproval, Scope, TagMatch
from shared.model.observed import Memory
from shared.rules.memberships import Membership, RetentionChange, judge, retention_objection, rise_objection, who_wrote
from tests.rules.fleet import KEPT, NIGHT, NOW, change, intent, item, policy, seen, tier, vault, vm, vm_id

LONGER = policy(kept=replace(KEPT, daily_days=60))
SHORTER = policy(kept=replace(KEPT, daily_days=7))
LOSS = RetentionApproval("app", "Legacy", "ns-gold", "kim", NIGHT)


def judged(observed=None, policy_of_fleet=None) -> Membership:
    [membership] = judge(observed or seen(["app"]), policy_of_fleet or intent(), NIGHT)
    return membership


def held(observed=None, **wanted) -> str:
    return judged(observed, intent(**wanted)).held


def test_a_vm_of_a_tier_in_a_daily_policy_that_keeps_no_more_is_free():
    membership = judged()
    assert (membership.held, membership.slot, membership.tier.name) == ("", 44, "gold")


@pytest.mark.parametrize(
    "fields",
    [
        {"soft_deleted": True},
        {"state": ProtectionState.PROTECTION_STOPPED, "policy_id": ""},
        {"state": ProtectionState.PROTECTION_PAUSED},
        {"state": ProtectionState.BACKUPS_SUSPENDED},
        {"state": ProtectionState.INVALID},
    ],
)
def test_an_item_that_no_backups_run_for_is_no_membership(fields):
    resting = replace(item("app", policy()), **fields)
    assert judge(seen(["app"], items=(resting,)), intent(), NIGHT) == ()


@pytest.mark.parametrize("state", [ProtectionState.IR_PENDING, ProtectionState.PROTECTION_ERROR])
def test_an_item_that_waits_for_its_first_backup_or_fails_is_one(state):
    assert judged(seen(["app"], items=(item("app", policy(), state=state),))).held == ""


def test_a_vm_that_is_gone_is_held():
    assert held(seen(["app"], vms=())) == "its VM is gone; its points stay, and a person decides about them"


def test_a_vm_out_of_scope_is_held():
    scope = Scope(("sub-1",), exclude=(TagMatch("backup-tier", ("gold",)),))
    assert held(scope=scope) == "out of scope by its tags"


def test_a_vm_without_a_tier_is_held():
    assert held(tiers=(tier("silver"),)) == "no tier matches its tags"


def test_a_vm_with_a_hold_tag_is_held_with_owner_and_date():
    tagged = vm("app", tags={"nightshift-hold": "2026-03-31;kim;migration"})
    assert held(seen(["app"], vms=(tagged,))) == "on hold until 2026-03-31 by kim: migration"


def test_a_vm_that_was_rolled_back_is_held_until_it_is_released():
    memory = Memory(rolled_back={vm_id("app"): "put back on 2026-03-01"})
    assert held(seen(["app"], memory=memory)) == (
        "rolled back: put back on 2026-03-01; `nightshift release --vm app` plans it again"
    )


def test_a_vm_that_a_human_moved_is_held_with_actor_and_date():
    ours = policy("ns-gold-0200", 120)
    moved = seen(["app"], memory=Memory(placements={vm_id("app"): ours.id}))
    by_kim = replace(moved, changes=(change(moved.items[0].id.upper(), "kim@contoso.com"),))
    tail = "`nightshift release --vm app` plans it again"
    assert held(moved) == f"moved by hand from ns-gold-0200 to Legacy; {tail}"
    assert held(by_kim) == (
        f"moved by hand from ns-gold-0200 to Legacy by kim@contoso.com on 2026-03-04 14:00 UTC; {tail}"
    )


def test_a_vm_where_we_placed_it_is_free():
    ours = policy("ns-gold-0200", 120)
    assert held(seen(["app"], ours, memory=Memory(placements={vm_id("app"): ours.id}))) == ""


def test_the_newest_writer_of_a_resource_is_named():
    changes = [change("/a", "old", NOW - timedelta(days=2)), change("/a", "new"), change("/b", "other", NOW)]
    assert who_wrote("/A", changes) == " by new on 2026-03-04 14:00 UTC"
    assert who_wrote("/c", changes) == ""


def test_a_policy_that_could_not_be_read_holds_its_vms():
    assert held(seen(["app"], policies=())) == "its policy could not be read"


def test_a_policy_with_a_field_we_do_not_know_holds_its_vms():
    odd = policy(unread=("backupTier",))
    assert held(seen(["app"], odd)) == "its policy Legacy has backupTier, which this version cannot compare"


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"frequency": Frequency.WEEKLY, "run_days": ("Sunday",)}, "weekly"),
        ({"frequency": Frequency.UNKNOWN, "start": None}, "unknown"),
    ],
)
def test_other_schedules_than_daily_ones_are_left_alone(fields, word):
    membership = judged(seen(["app"], policy(**fields)))
    assert membership.held == f"its schedule is {word}; only daily schedules are managed"
    assert membership.slot is None


def test_a_policy_in_a_time_zone_we_do_not_know_holds_its_vms():
    membership = judged(seen(["app"], policy(time_zone="Customized Time Zone")))
    assert membership.held == "the time zone 'Customized Time Zone' of its policy Legacy is unknown"
    assert membership.slot is None


def test_a_vm_whose_points_are_kept_longer_than_its_tier_keeps_them_is_held():
    assert held(seen(["app"], LONGER)) == "would keep less: daily points: 60 days -> 30 days"


def test_a_named_approval_lets_the_vm_lose_what_it_names():
    assert held(seen(["app"], LONGER), retention_loss=(LOSS,)) == ""


@pytest.mark.parametrize(
    "approval",
    [
        replace(LOSS, expires=NIGHT - timedelta(days=1)),
        replace(LOSS, vm="db"),
        replace(LOSS, from_policy="DefaultPolicy"),
        replace(LOSS, to_policy="ns-silver"),
        replace(LOSS, to_policy="ns-gol"),
        replace(LOSS, to_policy="ns"),
    ],
    ids=["expired", "wrong VM", "wrong policy", "wrong tier", "half a tier", "any tier"],
)
def test_an_approval_that_does_not_fit_approves_nothing(approval):
    assert held(seen(["app"], LONGER), retention_loss=(approval,)).startswith("would keep less")


def test_an_approval_for_a_tier_is_none_for_a_tier_whose_name_begins_alike():
    gold_db = tier("gold-db")
    observed = seen(["app"], LONGER, vms=(vm("app", "gold-db"),))
    assert held(observed, tiers=(gold_db,), retention_loss=(LOSS,)).startswith("would keep less")
    assert held(observed, tiers=(gold_db,), retention_loss=(replace(LOSS, to_policy="ns-gold-db"),)) == ""


def test_an_approval_for_a_tiers_policies_is_none_for_the_way_back():
    back = RetentionChange(frozenset({"app"}), vault(), "gold", LONGER, policy("Before"))
    assert retention_objection(back, intent(retention_loss=(LOSS,)), NIGHT).startswith("would keep less")
    by_name = replace(LOSS, to_policy="Before")
    assert retention_objection(back, intent(retention_loss=(by_name,)), NIGHT) == ""


def test_an_approval_by_name_means_nobody_where_two_vms_have_that_name():
    twin = replace(vm("app"), id=vm_id("app").replace("rg-app", "rg-other"))
    observed = seen(["app"], LONGER, vms=(vm("app"), twin))
    assert held(observed, retention_loss=(LOSS,)).startswith("would keep less")
    assert held(observed, retention_loss=(replace(LOSS, vm=vm_id("app")),)) == ""


@pytest.mark.parametrize("sealed", [{"immutability": "Locked"}, {"immutability": "Unlocked"}, {"guarded": True}])
def test_no_approval_lets_a_sealed_vault_lose_points(sealed):
    observed = seen(["app"], LONGER, vaults=(vault(**sealed),))
    assert held(observed, retention_loss=(LOSS,)) == (
        "would keep less: daily points: 60 days -> 30 days; the vault is immutable or guarded, so no approval helps"
    )


RISE = IncreaseApproval("RSV-1", "gold", "kim", NIGHT)


def test_in_an_open_vault_points_may_be_kept_longer():
    assert held(seen(["app"], SHORTER)) == ""


@pytest.mark.parametrize(
    ("approvals", "is_held"),
    [
        ((), True),
        ((RISE,), False),
        ((replace(RISE, expires=NIGHT - timedelta(days=1)),), True),
        ((replace(RISE, vault="rsv-2"),), True),
        ((replace(RISE, tier="silver"),), True),
    ],
    ids=["none", "fits", "expired", "wrong vault", "wrong tier"],
)
def test_in_a_sealed_vault_points_are_kept_longer_only_with_an_approval(approvals, is_held):
    observed = seen(["app"], SHORTER, vaults=(vault(immutability="Locked"),))
    reason = "would raise retention in an immutable or guarded vault for good; needs approve_retention_increase"
    assert held(observed, retention_increase=approvals) == (reason if is_held else "")


def test_in_a_sealed_vault_a_move_that_keeps_the_same_needs_no_approval():
    assert held(seen(["app"], vaults=(vault(guarded=True),))) == ""


def test_in_a_sealed_vault_not_even_an_approval_goes_beyond_the_longest_retention():
    sealed = vault(immutability="Locked")
    gone_too_far = RetentionChange(frozenset(), sealed, "gold", SHORTER, policy(kept=Retention(4000)))
    assert rise_objection(gone_too_far, intent(retention_increase=(RISE,)), NIGHT) == (
        "would keep points longer than limits.max_retention_days (3700)"
    )


ENHANCED = tier(policy_type=PolicyType.ENHANCED)


def test_a_standard_vm_in_an_enhanced_tier_stays_standard():
    membership = judged(None, intent(tiers=(ENHANCED,)))
    assert (membership.policy_type, membership.held) == (PolicyType.STANDARD, "")


def test_a_standard_vm_goes_to_enhanced_only_where_it_is_named():
    membership = judged(None, intent(tiers=(ENHANCED,), migrate_to_enhanced=("app",)))
    assert (membership.policy_type, membership.held) == (PolicyType.ENHANCED, "")


def test_migrating_to_enhanced_excuses_no_other_loss():
    found = held(seen(["app"], LONGER), tiers=(ENHANCED,), migrate_to_enhanced=("app",))
    assert found == "would keep less: daily points: 60 days -> 30 days"


def test_a_named_vm_in_a_standard_tier_stays_standard():
    assert judged(None, intent(migrate_to_enhanced=("app",))).policy_type is PolicyType.STANDARD


def test_an_enhanced_vm_never_goes_back_to_standard():
    enhanced = seen(["app"], policy(policy_type=PolicyType.ENHANCED))
    for named in ((), ("app",)):
        membership = judged(enhanced, intent(migrate_to_enhanced=named))
        assert (membership.policy_type, membership.held) == (PolicyType.ENHANCED, "")


def test_memberships_come_in_the_order_of_their_vms():
    observed = seen(["c", "a", "b"])
    assert [one.item.name for one in judge(observed, intent(), date(2026, 3, 4))] == ["a", "b", "c"]
