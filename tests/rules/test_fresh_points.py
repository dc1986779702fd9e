"""Is there a fresh point when a VM's patching begins, and no backup where there is one anyway?"""

from datetime import timedelta

import pytest

from shared.model.intent import PatchWindow, TagMatch
from shared.model.on_demand import Purpose
from shared.rules.fresh_points import before_patching, wants_fresh_points
from tests.rules.failures import DAY, ITEM, at, context, job
from tests.rules.fleet import intent, policy, tier, vm

GOLD = TagMatch("backup-tier", ("gold",))


def patched(start: int = 16 * 60, fresh: int | None = 6, zone: str = "UTC") -> dict:
    """Patched at 16:00 UTC, which is 18 hours after the slot."""
    window = PatchWindow(GOLD, start, start + 60, zone, timedelta(hours=fresh) if fresh else None)
    return {"intent": intent(tiers=(tier(retry_outside_window=True),), patch_windows=(window,))}


def found(hours: float, **fields):
    return before_patching(ITEM, context(**(patched() | fields)), at(hours))


def test_a_point_is_asked_for_that_is_fresh_when_patching_begins_and_over_before() -> None:
    one = found(12)
    assert one is not None
    wanted = one.wanted
    assert (wanted.purpose, wanted.not_before, wanted.not_after) == (Purpose.PATCHING, at(12), at(16))
    assert wanted.key == f"patching|{ITEM.vm_id}|2026-03-04T1600Z"
    assert (wanted.reason, one.skipped) == ("fresh point before the patching of 04 Mar 16:00 UTC", "")
    assert wanted.keep_until == at(16) + 30 * DAY


@pytest.mark.parametrize(
    ("hours", "asked"), [(11.4, None), (11.5, True), (15.9, True), (16, False), (17.9, False), (18, None)]
)
def test_it_is_asked_for_from_half_an_hour_before_and_left_out_where_it_is_too_late(
    hours: float, asked: bool | None
) -> None:
    one = found(hours)
    assert (None if one is None else not one.skipped) is asked
    if asked is False:
        assert one is not None
        assert one.skipped == "a backup takes 2.0 h, and would not be over before"


def test_a_long_backup_begins_earlier_or_cannot_make_such_a_point() -> None:
    one = found(12, minutes=240.0)
    assert one is not None
    assert one.wanted.not_after == at(14)
    never = found(12, minutes=400.0)
    assert never is not None
    assert never.skipped == "a backup takes 6.7 h, and would not be over before"


def test_a_point_that_is_fresh_by_then_needs_no_other() -> None:
    one = found(13, jobs=(job(at(12.5)),))
    assert one is not None
    assert one.skipped == "the point of 04 Mar 10:30 UTC is fresh enough"
    older = found(13, jobs=(job(at(11.9)),))
    assert older is not None
    assert older.skipped == ""


def test_a_scheduled_run_that_makes_the_point_needs_no_other() -> None:
    assert found(12, policy=policy("Noon", 11 * 60)) is None
    assert found(12, policy=policy("Late", 14 * 60)) is not None
    assert found(12, policy=None) is not None


def test_vms_that_are_not_patched_or_need_no_fresh_point_have_none() -> None:
    assert found(12, vm=vm("app", tier="silver")) is None
    assert found(12, vm=None) is None
    assert found(12, **patched(fresh=None)) is None
    assert not wants_fresh_points(patched(fresh=None)["intent"].patch_windows)
    assert wants_fresh_points(patched()["intent"].patch_windows)


def test_patching_begins_by_the_windows_own_zone() -> None:
    one = found(12, **patched(17 * 60, zone="Europe/Berlin"))
    assert one is not None
    assert one.wanted.not_after == at(16)
