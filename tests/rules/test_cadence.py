"""Does a tier that wants n points a day get n, in equal steps, and none near a scheduled run?"""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.azure import Frequency, Job
from shared.model.on_demand import Purpose
from shared.rules.cadence import TICK, extra_backup
from shared.rules.retries import takes
from tests.rules.failures import DAY, HOUR, ITEM, MINUTE, SLOT, at, context, job
from tests.rules.fleet import intent, policy, tier


def several(points: int) -> dict:
    return {"intent": intent(tiers=(tier(retry_outside_window=True, backups_per_day=points),))}


def extra(hours: float, points: int = 4, **fields):
    return extra_backup(ITEM, context(**(several(points) | fields)), at(hours))


def test_points_are_due_in_equal_steps_after_the_scheduled_run() -> None:
    found = extra(6)
    assert found is not None
    wanted = found.wanted
    assert (wanted.purpose, wanted.not_before, wanted.not_after) == (Purpose.CADENCE, at(6), at(9))
    assert wanted.key == f"cadence|{ITEM.vm_id}|2026-03-04T0400Z"
    assert wanted.keep_until == at(9) + 30 * DAY
    assert (wanted.reason, found.skipped) == ("point of 04 Mar 04:00 UTC, one of 4 a day", "")


@pytest.mark.parametrize(
    ("hours", "due"), [(5.4, None), (5.5, 6), (8.9, 6), (9, None), (11.5, 12), (17.9, 18), (21, None), (24, None)]
)
def test_a_point_is_asked_for_from_half_an_hour_before_until_half_the_spacing_after(
    hours: float, due: float | None
) -> None:
    found = extra(hours)
    assert (found.wanted.not_before if found else None) == (at(due) if due else None)


def test_one_point_a_day_and_what_is_no_daily_schedule_have_no_others() -> None:
    assert extra(6, points=1) is None
    assert extra(6, policy=policy("Weekly", frequency=Frequency.WEEKLY, run_days=("Sunday",))) is None
    assert extra(6, policy=None) is None
    assert extra(6, vm=None) is None


def test_a_point_is_never_so_late_that_it_would_be_in_the_way_of_the_next_run() -> None:
    long = extra(18, minutes=300.0)
    assert long is not None
    assert (long.wanted.not_after, long.skipped) == (at(19), "")
    too_late = extra(19, minutes=300.0)
    assert too_late is not None
    assert too_late.skipped == "it could still run when the scheduled run of 04 Mar 22:00 UTC may start"
    never = extra(18, minutes=400.0)
    assert never is not None
    assert "scheduled run" in never.skipped


def test_a_point_that_is_younger_than_half_the_spacing_is_enough() -> None:
    for hours, skipped in ((2.9, False), (3.1, True)):
        found = extra(6, jobs=(job(at(hours)),))
        assert found is not None
        assert ("is fresh enough" in found.skipped) is skipped
    by_point = extra(6, last_point_at=at(4))
    assert by_point is not None
    assert by_point.skipped == "the point of 04 Mar 02:00 UTC is fresh enough"


@settings(max_examples=12)
@given(
    points=st.integers(2, 8),
    minutes=st.floats(10, 120),
    slot=st.integers(0, 47),
    waits=st.lists(st.integers(0, 3), min_size=1, max_size=5),
)
def test_every_day_has_n_points_a_day_and_none_near_a_scheduled_run(
    points: int, minutes: float, slot: int, waits: list[int]
) -> None:
    """Each point is started some ticks after it was asked for; the scheduled run is late, too."""
    begins = SLOT.replace(hour=0) + 3 * DAY
    scheduled = policy("Slot", slot * 30)
    starts = [begins + day * DAY + slot * 30 * MINUTE for day in range(-1, 6)]
    jobs: list[Job] = [job(start + 40 * MINUTE) for start in starts]
    asked: dict[str, datetime] = {}
    now = begins
    while now < begins + 4 * DAY:
        seen = tuple(one for one in jobs if one.started_at <= now)
        found = extra_backup(ITEM, context(**several(points), policy=scheduled, minutes=minutes, jobs=seen), now)
        if found is not None and not found.skipped and found.wanted.key not in asked:
            wait = waits[len(asked) % len(waits)] * TICK
            start = min(max(now, found.wanted.not_before) + wait, found.wanted.not_after - MINUTE)
            asked[found.wanted.key] = start
            jobs.append(job(start, user_triggered=True))
        now += TICK
    inside = [start for start in asked.values() if begins + DAY <= start < begins + 3 * DAY]
    assert abs(len(inside) - 2 * (points - 1)) <= 1
    for start in asked.values():
        following = min(one for one in starts if one > start)
        assert start + takes(minutes) <= following + MINUTE
        assert timedelta(minutes=minutes) <= takes(minutes)
    gaps = sorted(asked.values())
    assert all(later - earlier >= 24 * HOUR / points / 2 - 2 * TICK for earlier, later in pairwise(gaps))
