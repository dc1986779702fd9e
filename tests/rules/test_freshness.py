"""Is every VM told of whose newest point is too old, and each suspected whose last run left none?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.model.azure import ProtectionState
from shared.model.intent import Scope, TagMatch
from shared.rules.freshness import suspects, too_old
from tests.rules.fleet import NOW, SUB, intent, item, policy, tier, vm, vm_id
from tests.rules.retaining import DAY, HOUR, MINUTE, weekly

POLICY = policy()
INTENT = intent(tiers=(tier(rpo=48 * HOUR), tier("standard", rpo=7 * DAY)))
OUTSIDE = Scope((SUB,), exclude=(TagMatch("backup-tier", ("gold",)),))
VMS = {one.id: one for one in (vm("app"), vm("db"), vm("calm", "standard"), vm("free", ""))}


def old(*items, vms=VMS, policy=INTENT) -> list[str]:
    return [one.text for one in too_old(items, vms, policy, NOW)]


def aged(age: timedelta | None, name: str = "app", **fields):
    return item(name, POLICY, last_recovery_point_at=None if age is None else NOW - age, **fields)


def test_a_point_may_be_as_old_as_the_rpo_and_no_older() -> None:
    assert old(aged(48 * HOUR)) == []
    [text] = old(aged(48 * HOUR + MINUTE))
    assert text == "the newest point of app is of 02 Mar 16:59 UTC: older than 48 h, the RPO of gold"


def test_each_tier_has_its_own_rpo() -> None:
    assert old(aged(6 * DAY, "calm")) == []
    assert len(old(aged(8 * DAY, "calm"))) == 1


def test_the_oldest_comes_first_and_before_it_who_has_none() -> None:
    none = aged(None, "calm", last_backup_at=NOW - 8 * DAY)
    found = too_old([aged(3 * DAY), aged(4 * DAY, "db"), none], VMS, INTENT, NOW)
    assert [one.subject for one in found] == [vm_id("calm"), vm_id("db"), vm_id("app")]
    assert {one.code for one in found} == {"point-too-old"}


def test_a_vm_that_was_never_backed_up_is_not_late_yet() -> None:
    assert old(aged(None)) == []


def test_a_vm_whose_backups_leave_no_point_has_none_at_all() -> None:
    assert old(aged(None, last_backup_at=NOW - 3 * DAY)) == ["app has no recovery point at all"]
    assert old(aged(None, last_backup_at=NOW - HOUR, last_backup_status="InProgress")) == []


def test_a_vm_whose_backups_fail_night_by_night_has_none_at_all() -> None:
    assert old(aged(None, last_backup_at=NOW - HOUR, last_backup_status="Failed")) == [
        "app has no recovery point at all"
    ]


@pytest.mark.parametrize(
    "one",
    [
        aged(9 * DAY, "free"),
        aged(9 * DAY, "unknown"),
        aged(9 * DAY, soft_deleted=True),
        aged(9 * DAY, state=ProtectionState.PROTECTION_STOPPED),
    ],
    ids=["no tier", "no vm", "deleted", "stopped"],
)
def test_who_is_not_to_be_backed_up_is_not_late(one) -> None:
    assert old(one) == []


def test_a_vm_out_of_scope_is_not_late() -> None:
    assert old(aged(9 * DAY), policy=replace(INTENT, scope=OUTSIDE)) == []


POLICIES = {POLICY.id: POLICY}
LAST = NOW.replace(hour=22) - DAY
"""When the last run of POLICY was due."""


def suspected(at, inside=POLICY, now=NOW, policies=None, **fields) -> bool:
    one = item("app", inside, last_recovery_point_at=at, **fields)
    return suspects([one], POLICIES if policies is None else policies, now) == (vm_id("app"),)


def test_a_vm_whose_last_run_left_no_point_is_suspect_once_the_run_is_over() -> None:
    assert suspected(LAST - DAY)
    assert suspected(LAST - 31 * MINUTE)
    assert not suspected(LAST - 30 * MINUTE)
    assert not suspected(LAST + 3 * HOUR)
    assert not suspected(LAST - 10 * HOUR, now=LAST + 6 * HOUR - MINUTE)
    assert suspected(LAST - 10 * HOUR, now=LAST + 6 * HOUR)


def test_a_weekly_schedule_is_due_on_its_days_only() -> None:
    sundays = weekly()
    sunday = LAST - 2 * DAY
    assert not suspected(sunday + MINUTE, sundays, policies={sundays.id: sundays})
    assert suspected(sunday - DAY, sundays, policies={sundays.id: sundays})


@pytest.mark.parametrize(
    "fields",
    [{"soft_deleted": True}, {"state": ProtectionState.PROTECTION_STOPPED}, {"policies": {}}],
    ids=["deleted", "stopped", "policy unknown"],
)
def test_of_whom_no_run_is_expected_none_is_missed(fields) -> None:
    assert not suspected(LAST - 3 * DAY, **fields)


def test_without_any_point_or_with_an_unknown_schedule_nobody_is_suspected() -> None:
    hourly = policy("Hourly", None)
    assert not suspected(None)
    assert not suspected(LAST - 3 * DAY, hourly, policies={hourly.id: hourly})


def test_suspects_are_sorted() -> None:
    late = [item(name, POLICY, last_recovery_point_at=LAST - DAY) for name in ("db", "app")]
    assert suspects(late, POLICIES, NOW) == (vm_id("app"), vm_id("db"))
