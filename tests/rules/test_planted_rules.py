"""Does each rule that guards a point or a run bite on the smallest case of what it forbids?"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.model.azure import BackupPolicy, Frequency, PolicyType, TaggedRetention, Vm
from shared.model.intent import Window
from shared.rules.retention import losses
from shared.rules.safe_moments import Passage, obstacle
from shared.rules.scope import hold_on
from shared.rules.slots import day_shift, start_slots, window_slots
from tests.cloud.nouns import SLOT_POLICY

TODAY = date(2026, 3, 4)
CURRENT = replace(
    SLOT_POLICY, name="Legacy", start=22 * 60, instant_restore_days=3, archive=("ArchivedRP: TierAfter 3 Months",)
)


def kept(**classes: Any) -> BackupPolicy:
    """Return the current policy with some classes of its retention replaced."""
    return replace(CURRENT, retention=replace(CURRENT.retention, **classes))


LESS: Mapping[str, tuple[BackupPolicy, str]] = {
    "daily": (kept(daily_days=29), "daily points: 30 days -> 29 days"),
    "weekly": (kept(weekly=TaggedRetention(11, "Weeks", ("Sunday",))), "weekly points: 12 -> 11 weeks"),
    "monthly": (kept(monthly=TaggedRetention(11, "Months", ("First Sunday",))), "monthly points: 12 -> 11 months"),
    "yearly": (kept(yearly=None), "yearly points: 7 years -> none"),
    "unit": (kept(yearly=TaggedRetention(7, "Months", ("January First Sunday",))), "target counts months"),
    "instant restore": (replace(CURRENT, instant_restore_days=2), "instant restore: 3 -> 2 days"),
    "archive": (replace(CURRENT, archive=()), "archive tiering: ArchivedRP: TierAfter 3 Months -> none"),
    "type": (replace(CURRENT, policy_type=PolicyType.ENHANCED), "policy type would change from V1 to V2"),
    "frequency": (replace(CURRENT, frequency=Frequency.WEEKLY), "schedule would change from Daily to Weekly"),
    "unread": (replace(CURRENT, unread=("smartLanes",)), "smartLanes, which this version cannot compare"),
}


@pytest.mark.parametrize("field", LESS)
def test_a_target_that_keeps_less_is_a_loss(field: str) -> None:
    target, words = LESS[field]
    (loss,) = losses(CURRENT, target)
    assert words in loss


def test_a_current_policy_with_a_field_that_cannot_be_read_is_a_loss() -> None:
    assert losses(replace(CURRENT, unread=("smartLanes",)), CURRENT)


def test_fewer_tagged_runs_are_a_loss() -> None:
    often = kept(weekly=TaggedRetention(12, "Weeks", ("Wednesday", "Sunday")))
    (loss,) = losses(often, CURRENT)
    assert "2 tagged runs (Wednesday, Sunday) -> 1" in loss


def why_not(hour: int, minute: int = 0, rpo: int = 48, day: int = 4, minutes: float = 90.0, new_start: int = 2) -> str:
    """Return why a VM may not go from 22:00 to `new_start` at this moment of March 2026; its last point is of 22:10."""
    now = datetime(2026, 3, day, hour, minute, tzinfo=UTC)
    last = datetime(2026, 3, day - 1, 22, 10, tzinfo=UTC)
    target = replace(SLOT_POLICY, start=new_start * 60)
    return obstacle(Passage(CURRENT, target, minutes, last, timedelta(hours=rpo)), now) or ""


def test_at_noon_a_vm_may_move() -> None:
    assert why_not(12) == ""


def test_just_before_its_current_start_a_vm_waits() -> None:
    assert "its current start at 22:00 UTC" in why_not(21, 15)


def test_while_its_run_may_be_about_to_start_a_vm_waits() -> None:
    assert "its current start at 22:00 UTC" in why_not(23, 30, new_start=12)


def test_until_its_run_should_be_over_a_vm_waits() -> None:
    assert "its current start at 22:00 UTC" in why_not(1, 15, new_start=12)


def test_just_before_its_new_start_a_vm_waits() -> None:
    assert "its new start at 13:00 UTC" in why_not(12, 15, new_start=13)


def test_while_it_could_miss_its_new_start_a_vm_waits() -> None:
    assert "its new start at 10:00 UTC" in why_not(11, 30, new_start=10)


def test_a_gap_longer_than_the_rpo_waits() -> None:
    assert "would exceed its RPO of 24.0 h" in why_not(12, rpo=24)


def test_a_move_that_would_skip_the_weekly_run_waits() -> None:
    sunday, last = datetime(2026, 3, 8, 12, tzinfo=UTC), datetime(2026, 3, 7, 22, 10, tzinfo=UTC)
    target = replace(SLOT_POLICY, start=2 * 60)
    reason = obstacle(Passage(CURRENT, target, 90.0, last, timedelta(hours=48)), sunday)
    assert reason == "its weekly run of Sun 08 Mar 22:00 UTC would have no successor"


def test_a_window_is_local_and_its_slots_are_utc() -> None:
    window = Window("night", 20 * 60, 22 * 60, "America/New_York")
    assert window_slots(window, "eastus2", date(2026, 1, 15)) == (2, 3, 4, 5)
    assert window_slots(window, "eastus2", date(2026, 7, 15)) == (0, 1, 2, 3)


def test_a_policy_in_a_local_zone_starts_at_utc_slots() -> None:
    berlin = replace(CURRENT, time_zone="W. Europe Standard Time", start=23 * 60)
    assert set(start_slots(berlin, TODAY)) == {42, 44}


def test_a_run_after_midnight_utc_is_tagged_a_day_after_its_local_one() -> None:
    window = Window("night", 20 * 60, 22 * 60, "America/New_York")
    assert day_shift(2, window, "eastus2", date(2026, 1, 15)) == 1


def test_a_hold_holds_to_the_end_of_its_day() -> None:
    vm = Vm("/vm", "vm", "s", "g", "r", {"nightshift-hold": f"{TODAY};ann;release"})
    assert hold_on(vm, TODAY) is not None
    assert hold_on(vm, TODAY + timedelta(days=1)) is None
