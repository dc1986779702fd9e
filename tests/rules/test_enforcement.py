"""Is a planned move judged again on what is true at its moment? (Safety rules 1, 4, 11 and 12.)"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.model.azure import BackupPolicy, ProtectionState
from shared.model.intent import Blackout, Scope, TagMatch
from shared.model.plan import Action, Outcome, Plan, VmPlan
from shared.rules.enforcement import Scene, fleet_objection, judge
from tests.rules.fleet import KEPT, NIGHT, VAULT_ID, intent, item, policy, tier, vault, vm, vm_id, window

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
LEGACY, TARGET = policy(), policy("ns-gold-0200", 120)
MOVE = VmPlan(
    vm_id=vm_id("app"),
    name="app",
    vault_id=VAULT_ID,
    region="westeurope",
    tier="gold",
    action=Action.MOVE,
    reason="from 22:00 UTC to 02:00 UTC",
    slot=4,
    current_slot=44,
    policy="ns-gold-0200",
    current_policy="Legacy",
    allowed=(4, 5),
    duration_slots=3,
    minutes=60.0,
    measured=9,
)


def member(inside: BackupPolicy = LEGACY, **fields):
    return item("app", inside, last_recovery_point_at=NOON - timedelta(hours=13), **fields)


def scene(**fields) -> Scene:
    made = {"vault": vault(), "vm": vm("app"), "item": member(), "current": LEGACY, "target": TARGET}
    return Scene(**({**made, "job_running": False, "held": "", "known_as": frozenset({"app"})} | fields))


def outcome(now: datetime = NOON, wanted=None, **fields) -> tuple[Outcome, str]:
    verdict = judge(MOVE, scene(**fields), wanted or intent(), now)
    assert not verdict.go
    return verdict.outcome, verdict.reason


def test_a_move_at_a_safe_moment_goes_with_the_plans_reason():
    verdict = judge(MOVE, scene(), intent(), NOON)
    assert (verdict.go, verdict.reason) == (True, MOVE.reason)


def test_an_item_that_is_no_longer_there_is_not_moved():
    assert outcome(item=None) == (Outcome.HELD, "it is no longer a protected item of this vault")


def test_a_vm_that_is_there_already_is_done():
    assert outcome(item=member(TARGET)) == (Outcome.WRITTEN, "is in its planned policy")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"item": member(state=ProtectionState.PROTECTION_STOPPED)}, "its protection is ProtectionStopped"),
        ({"item": member(soft_deleted=True)}, "its protection is Protected"),
        ({"item": member(policy("Other"))}, "somebody moved it to Other since it was planned"),
        ({"vm": None}, "its VM is gone"),
        ({"held": "on hold until 2026-03-31 by kim: migration"}, "on hold until 2026-03-31 by kim: migration"),
        ({"vm": vm("app", tier="")}, "its tier is none now, planned as gold"),
        ({"vm": vm("app", tier="silver")}, "its tier is silver now, planned as gold"),
    ],
)
def test_what_changed_since_the_plan_holds_the_vm(fields, reason):
    wanted = intent(tiers=(tier(), tier("silver")))
    assert outcome(wanted=wanted, **fields) == (Outcome.HELD, reason)


def test_a_vm_that_left_the_scope_since_the_plan_is_held():
    wanted = intent(scope=Scope(("sub-1",), exclude=(TagMatch("nightshift", ("off",)),)))
    assert outcome(wanted=wanted, vm=vm("app", tags={"nightshift": "off"})) == (
        Outcome.HELD,
        "out of scope by its tags",
    )


def test_a_policy_that_keeps_more_since_the_plan_holds_its_vm():
    longer = replace(LEGACY, retention=replace(KEPT, daily_days=90))
    assert outcome(current=longer) == (Outcome.HELD, "would keep less: daily points: 90 days -> 30 days")


@pytest.mark.parametrize("missing", ["current", "target"])
def test_a_policy_that_is_not_there_makes_the_move_wait(missing):
    found, reason = outcome(**{missing: None})
    assert found is Outcome.WAITING
    assert "is not there" in reason


def test_a_running_job_makes_the_move_wait():
    assert outcome(job_running=True) == (Outcome.WAITING, "a job is running for it")


@pytest.mark.parametrize(("hour", "what"), [(21, "its current start"), (1, "its new start"), (3, "its new start")])
def test_a_moment_near_a_start_makes_the_move_wait(hour, what):
    found, reason = outcome(NOON.replace(hour=hour) + timedelta(minutes=30))
    assert found is Outcome.WAITING
    assert what in reason


def test_the_newest_point_that_is_known_decides_the_gap():
    strict = intent(tiers=(tier(rpo=timedelta(hours=30)),))
    old = replace(member(), last_recovery_point_at=NOON - timedelta(hours=38), last_backup_at=NOON)
    assert "would exceed its RPO of 30.0 h" in outcome(wanted=strict, item=old)[1]
    without_point = replace(member(), last_recovery_point_at=None, last_backup_at=NOON - timedelta(hours=13))
    assert judge(MOVE, scene(item=without_point), strict, NOON).go


def plan(**fields) -> Plan:
    made = Plan(NIGHT, NOON, intent().version, vms=(), policies=(), edits=(), proofs=(), findings=())
    return replace(made, **fields)


MIDNIGHT_GONE = datetime(2026, 3, 5, 1, tzinfo=UTC)
ON = frozenset({"plan"})


def test_a_fresh_plan_with_the_switch_on_may_be_carried_out():
    assert fleet_objection(plan(), intent(), ON, MIDNIGHT_GONE) == ""


def test_without_the_switch_nothing_is_written():
    assert fleet_objection(plan(), intent(), frozenset({"backup"}), MIDNIGHT_GONE) == (
        "the switch `plan` is off; `nightshift diff` shows what would be written"
    )


@pytest.mark.parametrize(("nights", "objects"), [(0, False), (1, False), (2, True)])
def test_a_plan_older_than_a_night_is_not_carried_out(nights, objects):
    old = plan(night=NIGHT - timedelta(days=nights))
    found = fleet_objection(old, intent(), ON, MIDNIGHT_GONE)
    assert found == (f"the newest plan is {nights} nights old; waiting for a fresh one" if objects else "")


def test_a_plan_for_another_fleet_yaml_is_not_carried_out():
    assert "was made for fleet.yaml 000000000000" in fleet_objection(
        plan(policy_version="000000000000"), intent(), ON, MIDNIGHT_GONE
    )


FREEZE = Blackout(date(2026, 3, 5), date(2026, 3, 6), "quarter end")


@pytest.mark.parametrize(
    ("zone", "now", "frozen"),
    [
        ("UTC", datetime(2026, 3, 4, 23, 59, tzinfo=UTC), False),
        ("UTC", datetime(2026, 3, 5, 0, 0, tzinfo=UTC), True),
        ("UTC", datetime(2026, 3, 6, 23, 59, tzinfo=UTC), True),
        ("UTC", datetime(2026, 3, 7, 0, 0, tzinfo=UTC), False),
        ("Australia/Sydney", datetime(2026, 3, 4, 13, 0, tzinfo=UTC), True),
        ("Australia/Sydney", datetime(2026, 3, 6, 13, 0, tzinfo=UTC), False),
        ("America/New_York", datetime(2026, 3, 5, 4, 59, tzinfo=UTC), False),
        ("America/New_York", datetime(2026, 3, 7, 4, 59, tzinfo=UTC), True),
    ],
)
def test_blackout_dates_are_dates_of_the_windows_own_clocks(zone, now, frozen):
    wanted = intent(windows={"night": window(zone=zone)}, blackouts=(FREEZE,))
    found = fleet_objection(plan(night=wanted.night_of(now)), wanted, ON, now)
    assert found == ("blackout until 2026-03-06: quarter end" if frozen else "")


def test_a_blackout_lasts_until_it_is_over_in_every_zone():
    wanted = intent(windows={"night": window(zone="UTC", eastus2="America/New_York")}, blackouts=(FREEZE,))
    now = datetime(2026, 3, 7, 3, tzinfo=UTC)
    assert fleet_objection(plan(night=wanted.night_of(now)), wanted, ON, now) != ""
