"""Does a move at any permitted moment lose no run? (Safety rules 4 and 7.)"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.azure import BackupPolicy, Frequency, Retention, TaggedRetention
from shared.rules.safe_moments import HORIZON_HOURS, Passage, joint_ticks, next_full_hour, next_safe_tick, obstacle
from shared.rules.tagged_days import WEEKDAYS, first_tagged_day
from tests.rules.fleet import policy

JUDGED = settings(max_examples=250, deadline=None, derandomize=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATE = 2 * HOUR
REACH = 36 * HOUR
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
UNTAGGED = Retention(30)
ZONES = {
    "W. Europe Standard Time": "Europe/Amsterdam",
    "Eastern Standard Time": "America/New_York",
    "Lord Howe Standard Time": "Australia/Lord_Howe",
    "Nepal Standard Time": "Asia/Kathmandu",
    "UTC": "UTC",
}


def tagging(weekly: str = "", monthly: str = "", yearly: str = "") -> Retention:
    return Retention(
        30,
        TaggedRetention(12, "Weeks", (weekly,)) if weekly else None,
        TaggedRetention(12, "Months", (monthly,)) if monthly else None,
        TaggedRetention(7, "Years", (yearly,)) if yearly else None,
    )


def slotted(slot: int, kept: Retention = UNTAGGED, zone: str = "UTC") -> BackupPolicy:
    return policy(start=slot * 30, kept=kept, time_zone=zone)


def passage(old: BackupPolicy, new: BackupPolicy, **fields) -> Passage:
    fields = {"minutes": 60.0, "last_point_at": None, "rpo": 30 * DAY} | fields
    if fields["last_point_at"] is None:
        fields["last_point_at"] = MONDAY - DAY
    return Passage(old, new, **fields)


def starts(one: BackupPolicy, around: datetime, days: int = 3) -> Iterator[datetime]:
    """Every instant at which the daily policy may start near `around`, at any offset its zone has in the year."""
    zone = ZoneInfo(ZONES[one.time_zone])
    year = around.year
    offsets = {datetime(year, month, 15, 12, tzinfo=zone).utcoffset() for month in range(1, 13)}
    midnight = datetime(around.year, around.month, around.day, tzinfo=UTC)
    for day in range(-days, days + 1):
        for offset in offsets:
            yield midnight + day * DAY + timedelta(minutes=one.start) - offset


policies = st.builds(slotted, st.integers(0, 47), st.just(UNTAGGED), st.sampled_from(sorted(ZONES)))
moments = st.integers(0, 7 * 1440).map(lambda minute: MONDAY + timedelta(minutes=minute))


@JUDGED
@given(policies, st.integers(0, 47), st.integers(5, 700), moments)
def test_no_move_happens_around_the_old_or_the_new_start(old, slot, minutes, now):
    new = slotted(slot)
    if obstacle(passage(old, new, minutes=minutes), now) is not None:
        return
    tail = LATE + timedelta(minutes=minutes)
    assert not [start for start in starts(old, now) if start - HOUR <= now <= start + tail]
    assert not [start for start in starts(new, now) if start - HOUR <= now <= start + LATE]


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.integers(0, 47), st.integers(0, 47), st.integers(5, 700))
def test_at_every_minute_of_a_week_the_two_starts_alone_decide_where_nothing_else_objects(first, second, minutes):
    old, new = slotted(first), slotted(second)
    way = passage(old, new, minutes=minutes)
    tail = LATE + timedelta(minutes=minutes)
    olds, news = list(starts(old, MONDAY, 9)), list(starts(new, MONDAY, 9))
    for minute in range(0, 7 * 1440, 7):
        now = MONDAY + timedelta(minutes=minute)
        near = any(start - HOUR <= now <= start + tail for start in olds)
        near = near or any(start - HOUR <= now <= start + LATE for start in news)
        assert (obstacle(way, now) is not None) == near


@pytest.mark.parametrize(
    ("minutes_past_start", "waits"), [(-61, False), (-60, True), (0, True), (180, True), (181, False)]
)
def test_the_guarded_time_around_the_old_start_ends_where_the_contract_says(minutes_past_start, waits):
    """[start - 1 h, start + 2 h + p95], with a p95 of one hour."""
    now = MONDAY + 22 * HOUR + timedelta(minutes=minutes_past_start)
    found = obstacle(passage(slotted(44), slotted(20)), now)
    assert found == ("within 1 h before or 3.0 h after its current start at 22:00 UTC" if waits else None)


@pytest.mark.parametrize(
    ("minutes_past_start", "waits"), [(-61, False), (-60, True), (0, True), (120, True), (121, False)]
)
def test_the_guarded_time_around_the_new_start_ends_where_the_contract_says(minutes_past_start, waits):
    now = MONDAY + 10 * HOUR + timedelta(minutes=minutes_past_start)
    found = obstacle(passage(slotted(44), slotted(20)), now)
    assert found == ("within 1 h before or 2.0 h after its new start at 10:00 UTC" if waits else None)


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 7, 1)])
def test_a_policy_in_a_zone_with_clock_changes_is_guarded_at_both_of_its_hours(day):
    old = slotted(46, zone="W. Europe Standard Time")
    way = passage(old, slotted(20), minutes=0)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    for hour in (21, 22):
        assert obstacle(way, noon.replace(hour=hour) + LATE) is not None
        assert obstacle(way, noon.replace(hour=hour) - HOUR) is not None


def test_a_start_off_the_half_hour_is_guarded_from_its_own_quarter():
    """02:00 in Nepal is 20:15 UTC: an hour before is 19:15, two hours after and a run of an hour 23:15."""
    way = passage(slotted(4, zone="Nepal Standard Time"), slotted(20))
    for minutes in range(19 * 60 + 15, 23 * 60 + 16):
        assert obstacle(way, MONDAY + timedelta(minutes=minutes)) is not None


AMSTERDAM = "W. Europe Standard Time"


def test_the_later_hour_of_a_new_start_in_a_zone_with_clock_changes_counts_for_the_rpo():
    """23:00 in Amsterdam is 21:00 or 22:00 UTC; the last point is of yesterday's 20:00."""
    way = passage(slotted(40), slotted(46, zone=AMSTERDAM), last_point_at=MONDAY - 4 * HOUR)
    reasons = {hours: obstacle(replace(way, rpo=hours * HOUR), MONDAY + 12 * HOUR) for hours in (27, 28)}
    assert reasons[27] == "28.0 h between its last point and its next run would exceed its RPO of 27.0 h"
    assert reasons[28] is None


def test_the_earlier_hour_of_an_old_start_in_a_zone_with_clock_changes_is_what_a_move_may_not_delay():
    way = passage(slotted(46, zone=AMSTERDAM), slotted(43), last_point_at=MONDAY - DAY, rpo=DAY)
    assert "would exceed its RPO" in obstacle(way, MONDAY + 12 * HOUR)
    assert obstacle(replace(way, target=slotted(42)), MONDAY + 12 * HOUR) is None


@pytest.mark.parametrize("minutes", [1320, 1440, 3000])
def test_a_vm_whose_backup_takes_nearly_a_day_never_moves(minutes):
    way = passage(slotted(44), slotted(4), minutes=minutes)
    assert all(obstacle(way, MONDAY + hour * HOUR) for hour in range(48))
    assert due_ticks([way], MONDAY) == [None]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (policy(frequency=Frequency.HOURLY, start=None), slotted(4), "its current start is not known"),
        (policy(time_zone="Customized Time Zone"), slotted(4), "its current start is not known"),
        (slotted(4), policy(frequency=Frequency.WEEKLY, run_days=("Sunday",)), "its new start is not known"),
    ],
)
def test_a_start_that_is_not_known_is_no_safe_one(old, new, why):
    assert obstacle(passage(old, new), MONDAY + 12 * HOUR) == why


def test_a_gap_beyond_the_rpo_waits():
    """Last point Sunday 22:10; the next run under the new policy may begin as late as Tuesday 04:00."""
    way = passage(slotted(44), slotted(4), last_point_at=MONDAY - HOUR - timedelta(minutes=50), rpo=timedelta(hours=29))
    reason = "29.8 h between its last point and its next run would exceed its RPO of 29.0 h"
    assert obstacle(way, MONDAY + 12 * HOUR) == reason
    assert obstacle(replace(way, rpo=timedelta(hours=30)), MONDAY + 12 * HOUR) is None


def test_a_move_that_brings_the_next_run_forward_is_allowed_however_old_the_last_point_is():
    way = passage(slotted(44), slotted(36), last_point_at=MONDAY - 5 * DAY, rpo=DAY)
    assert obstacle(way, MONDAY + 12 * HOUR) is None
    assert obstacle(replace(way, target=slotted(10)), MONDAY + 12 * HOUR) is not None


def test_a_vm_without_any_point_does_not_wait_longer_for_its_first():
    later = replace(passage(slotted(20), slotted(44)), last_point_at=None)
    sooner = replace(passage(slotted(44), slotted(20)), last_point_at=None)
    assert obstacle(later, MONDAY + 5 * HOUR) == "its first backup would come later"
    assert obstacle(sooner, MONDAY + 5 * HOUR) is None


@pytest.mark.parametrize(
    ("old", "new", "now", "waits"),
    [
        # Sunday's run is ahead under the old policy, and already past under the new one.
        (tagging("Sunday"), tagging("Sunday"), "2026-03-08 12:00", True),
        (tagging("Sunday"), tagging("Sunday"), "2026-03-09 12:00", False),
        # The same Saturday night: the runs of both policies carry its tag.
        (tagging("Sunday"), tagging("Monday"), "2026-03-08 12:00", False),
        # The new week's tag came on Saturday morning; the old one is still to come, though not as the next run.
        (tagging("Sunday"), tagging("Saturday"), "2026-03-07 12:00", True),
        (tagging("Sunday"), tagging("Saturday"), "2026-03-06 12:00", False),
        (tagging("Sunday"), tagging("Wednesday"), "2026-03-05 12:00", True),
        (tagging("Sunday"), tagging("Wednesday"), "2026-03-02 12:00", False),
        # The new month's tag has passed on the 1st; the old policy would give it on the 15th.
        (tagging(monthly="Day 15"), tagging(monthly="Day 1"), "2026-03-05 12:00", True),
        (tagging(monthly="Day 15"), tagging(monthly="Day 1"), "2026-03-16 12:00", False),
        # Later in the same month is not lost.
        (tagging(monthly="Day 5"), tagging(monthly="Day 15"), "2026-03-03 12:00", False),
        (tagging(monthly="Day 5"), tagging(monthly="Day 15"), "2026-03-20 12:00", False),
        (tagging(yearly="December Day 1"), tagging(yearly="January Day 5"), "2026-03-03 12:00", True),
        (tagging(yearly="December Day 1"), tagging(yearly="January Day 5"), "2026-12-03 12:00", False),
        (tagging(yearly="January Day 5"), tagging(yearly="December Day 1"), "2026-03-03 12:00", False),
        # A class that the new policy does not have.
        (tagging("Sunday"), tagging(), "2026-03-03 12:00", True),
        (tagging("Sunday"), Retention(30, TaggedRetention(9, "Weeks", ())), "2026-03-03 12:00", True),
        (tagging(), tagging("Sunday"), "2026-03-03 12:00", False),
    ],
)
def test_a_move_waits_while_a_tagged_run_would_be_lost(old, new, now, waits):
    """From 23:00 to 02:00 UTC, so that the new run of a UTC date comes before the old one."""
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    way = passage(slotted(46, old), slotted(4, new), last_point_at=moment - 13 * HOUR)
    found = obstacle(way, moment)
    assert ("would have no successor" in (found or "")) is waits


@pytest.mark.parametrize(
    ("old", "new", "now", "waits"),
    [
        # The other tagged day of the week, or of the month, is no successor: it has a run of its own to stand for.
        ({"weekly": ("Sunday", "Monday")}, {"weekly": ("Sunday", "Monday")}, "2026-03-08 12:00", True),
        ({"weekly": ("Sunday", "Monday")}, {"weekly": ("Sunday", "Monday")}, "2026-03-10 12:00", False),
        ({"weekly": WEEKDAYS[::2]}, {"weekly": WEEKDAYS[::2]}, "2026-03-08 12:00", True),
        ({"weekly": ("Saturday", "Sunday")}, {"weekly": ("Sunday", "Monday")}, "2026-03-07 12:00", False),
        ({"monthly": ("Day 1", "Day 15")}, {"monthly": ("Day 1", "Day 15")}, "2026-03-01 12:00", True),
        ({"monthly": ("Day 1", "Day 15")}, {"monthly": ("Day 1", "Day 15")}, "2026-03-02 12:00", False),
        ({"yearly": ("March Day 1", "May Day 1")}, {"yearly": ("March Day 1", "May Day 1")}, "2026-03-01 12:00", True),
        # Where each run of a week is tagged, one is left out by any move to an earlier hour.
        ({"weekly": WEEKDAYS}, {"weekly": WEEKDAYS}, "2026-03-08 12:00", False),
        # Other days are paired as they come.
        ({"weekly": ("Sunday", "Monday")}, {"weekly": ("Saturday", "Monday")}, "2026-03-08 12:00", True),
        ({"weekly": ("Sunday", "Monday")}, {"weekly": ("Saturday", "Monday")}, "2026-03-10 12:00", False),
        ({"weekly": ("Sunday", "Monday")}, {"weekly": ("Tuesday", "Monday", "Friday")}, "2026-03-08 12:00", False),
        # Fewer days, which somebody approved: the next one counts.
        ({"weekly": ("Sunday", "Wednesday")}, {"weekly": ("Sunday",)}, "2026-03-09 12:00", True),
        ({"weekly": ("Sunday", "Wednesday")}, {"weekly": ("Sunday",)}, "2026-03-12 12:00", False),
        # The last day of a month in UTC is the first of the next one at the place of the VM.
        ({"monthly": ("Day 1",)}, {"monthly": ("Day Last",)}, "2026-03-01 12:00", True),
        ({"monthly": ("Day 1",)}, {"monthly": ("Day Last",)}, "2026-03-02 12:00", False),
        ({"monthly": ("Day Last",)}, {"monthly": ("Day 1",)}, "2026-03-31 12:00", False),
        ({"yearly": ("January Day 1",)}, {"yearly": ("December Day Last",)}, "2026-01-01 12:00", True),
        ({"yearly": ("January Day 1",)}, {"yearly": ("December Day Last",)}, "2026-01-02 12:00", False),
        # The first Monday of June 2026 is its 1st, the first Sunday its 7th.
        ({"monthly": ("First Monday",)}, {"monthly": ("First Sunday",)}, "2026-06-01 12:00", False),
        ({"monthly": ("First Sunday",)}, {"monthly": ("First Monday",)}, "2026-06-02 12:00", True),
    ],
)
def test_no_run_stands_for_two_tagged_days(old, new, now, waits):
    """From 23:00 to 02:00 UTC, as above."""
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    kept, wanted = (
        Retention(30, **{name: TaggedRetention(9, "Years", when) for name, when in days.items()}) for days in (old, new)
    )
    found = obstacle(passage(slotted(46, kept), slotted(4, wanted), last_point_at=moment - 13 * HOUR), moment)
    assert ("would have no successor" in (found or "")) is waits


def test_the_run_that_would_be_lost_is_named():
    way = passage(slotted(46, tagging("Sunday")), slotted(4, tagging("Sunday")))
    found = obstacle(way, datetime(2026, 3, 8, 12, tzinfo=UTC))
    assert found == "its weekly run of Sun 08 Mar 23:00 UTC would have no successor"


weekdays = st.sampled_from(WEEKDAYS)
month_days = st.builds("{} {}".format, st.sampled_from(["First", "Third", "Last"]), weekdays) | st.sampled_from(
    ["Day 1", "Day 15", "Day 28", "Day Last"]
)
year_days = st.builds("{} {}".format, st.sampled_from(["January", "July", "December"]), month_days)
tagged = st.tuples(weekdays, month_days, year_days)


def runs(slot: int, first: datetime, last: datetime) -> Iterator[datetime]:
    """Every run of a daily UTC slot in (first, last]."""
    start = datetime(first.year, first.month, first.day, tzinfo=UTC) + slot * timedelta(minutes=30)
    while start <= last:
        if start > first:
            yield start
        start += DAY


def with_tag(when: tuple[str, ...], slot: int, first: datetime, last: datetime) -> Iterator[datetime]:
    """The runs in (first, last] whose UTC date is one of `when`."""
    day = first_tagged_day(when, first.date())
    while day is not None and day <= last.date():
        yield from (start for start in runs(slot, first, last) if start.date() == day)
        day = first_tagged_day(when, day + DAY)


@JUDGED
@given(
    old=st.integers(0, 47),
    new=st.integers(0, 47),
    minutes=st.integers(5, 300),
    rpo=st.integers(24, 72),
    hour=st.integers(0, 7 * 24),
    lateness=st.integers(0, 119),
)
def test_around_any_permitted_move_no_gap_between_runs_exceeds_the_rpo(old, new, minutes, rpo, hour, lateness):
    """Run by run, the last before the move and the first after it late; else the gap is no longer than without it."""
    now = MONDAY + hour * HOUR
    last_point = [*runs(old, now - 3 * DAY, now)][-1] + timedelta(minutes=lateness)
    way = passage(slotted(old), slotted(new), minutes=minutes, last_point_at=last_point, rpo=rpo * HOUR)
    if obstacle(way, now) is None:
        stayed, moved = next(runs(old, now, now + 2 * DAY)), next(runs(new, now, now + 2 * DAY))
        assert moved + LATE - last_point <= rpo * HOUR or moved <= stayed


@pytest.mark.parametrize("name", ["weekly", "monthly", "yearly"])
@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    old=st.tuples(st.integers(0, 47), tagged), new=st.tuples(st.integers(0, 47), tagged), hour=st.integers(0, 366 * 24)
)
def test_around_any_permitted_move_no_week_month_or_year_is_without_its_tagged_run(name, old, new, hour):
    """The old schedule until the move, the new one after it; a run may come 36 h into the next week, month or year."""
    now = datetime(2026, 1, 1, tzinfo=UTC) + hour * HOUR
    index = ["weekly", "monthly", "yearly"].index(name)
    kept = [tagging(**{name: tags[index]}) for _, tags in (old, new)]
    if obstacle(passage(slotted(old[0], kept[0]), slotted(new[0], kept[1]), last_point_at=now), now) is not None:
        return
    span = [timedelta(days=15), timedelta(days=63), timedelta(days=740)][index]
    before = with_tag(getattr(kept[0], name).when, old[0], now - span, now)
    after = with_tag(getattr(kept[1], name).when, new[0], now, now + span)
    found = [*before, *after]
    if name == "weekly":
        assert all(later - sooner <= 7 * DAY + REACH for sooner, later in pairwise(found))
        return
    months = 1 if name == "monthly" else 12
    first = month_of(now, 0) if name == "monthly" else datetime(now.year, 1, 1, tzinfo=UTC)
    for period in (-1, 0, 1):
        begin, end = month_of(first, period * months), month_of(first, (period + 1) * months)
        assert any(begin <= start <= end + REACH for start in found)


def month_of(now: datetime, ahead: int) -> datetime:
    index = now.year * 12 + now.month - 1 + ahead
    return datetime(index // 12, index % 12 + 1, 1, tzinfo=UTC)


@JUDGED
@given(st.integers(0, 47), st.integers(0, 47), weekdays, st.integers(-1, 1), moments)
def test_a_move_between_slots_of_one_local_day_never_waits_longer_than_a_week(first, second, weekday, shift, now):
    """The tier's local day is one UTC date under the old slot and another, one day away, under the new one."""
    other = WEEKDAYS[(WEEKDAYS.index(weekday) + shift) % 7]
    way = passage(slotted(first, tagging(weekday)), slotted(second, tagging(other)))
    assert any(obstacle(way, now + hour * HOUR) is None for hour in range(7 * 24 + 24))


SEEN = MONDAY - 12 * HOUR
"""When the ways below were looked at."""


def due_ticks(ways: list[Passage], begin: datetime, seen: datetime = SEEN) -> list[datetime | None]:
    return joint_ticks([[way] for way in ways], begin, seen)


def test_a_run_that_left_no_point_before_the_look_is_not_taken_as_done():
    begin, failed = (
        MONDAY + 17 * HOUR,
        passage(slotted(44), slotted(9), rpo=48 * HOUR, last_point_at=MONDAY - 26 * HOUR),
    )
    assert due_ticks([failed], begin, seen=SEEN) == [begin]
    [later] = due_ticks([failed], begin, seen=begin)
    assert MONDAY + 22 * HOUR < later <= MONDAY + 34 * HOUR


def test_writes_that_need_several_vms_safe_wait_for_all_of_them():
    begin, quick, slow = (
        MONDAY + 9 * HOUR,
        passage(slotted(44), slotted(4)),
        passage(slotted(10), slotted(4), minutes=300),
    )
    assert joint_ticks([[quick, slow]], begin, SEEN) == due_ticks([slow], begin) != due_ticks([quick], begin)
    never = passage(slotted(44), slotted(4), minutes=1400)
    assert joint_ticks([[quick, never], []], begin, SEEN) == [None, begin]


def test_due_ticks_are_few_and_early():
    begin = MONDAY + 9 * HOUR
    ways = [passage(slotted(44), slotted(slot), rpo=48 * HOUR) for slot in (4, 5, 6, 40)]
    assert due_ticks(ways, begin) == [begin] * 4


def test_a_vm_that_cannot_go_with_the_others_gets_a_tick_of_its_own():
    begin = MONDAY + 9 * HOUR
    ways = [passage(slotted(44), slotted(4)), passage(slotted(44), slotted(4)), passage(slotted(18), slotted(40))]
    assert due_ticks(ways, begin) == [begin + 4 * HOUR] * 3
    ways[2] = passage(slotted(18), slotted(40), minutes=1320)
    assert due_ticks(ways, begin) == [begin, begin, None]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 47), st.integers(0, 47), st.integers(5, 300), st.integers(24, 60)), max_size=6)
)
def test_a_due_tick_is_a_safe_hour_for_a_vm_whose_runs_go_on_as_planned(rows):
    begin = MONDAY + 9 * HOUR
    ways = [passage(slotted(a), slotted(b), minutes=m, rpo=h * HOUR, last_point_at=MONDAY - DAY) for a, b, m, h in rows]
    chosen = due_ticks(ways, begin)
    for way, tick in zip(ways, chosen, strict=True):
        hours = [begin + hour * HOUR for hour in range(HORIZON_HOURS)]
        safe = [hour for hour in hours if obstacle(replace(way, last_point_at=latest(way, hour)), hour) is None]
        assert (tick in safe) if safe else (tick is None)


def latest(way: Passage, hour: datetime) -> datetime:
    return max(start for start in starts(way.current, hour) if start <= hour)


def test_a_vm_without_any_point_is_judged_as_it_is():
    way = replace(passage(slotted(20), slotted(44)), last_point_at=None)
    assert due_ticks([way], MONDAY + 5 * HOUR) == [MONDAY + 14 * HOUR]


def test_enforcement_ticks_at_full_hours():
    assert next_full_hour(MONDAY) == MONDAY
    assert next_full_hour(MONDAY + timedelta(seconds=1)) == MONDAY + HOUR


@pytest.mark.parametrize(("minute", "hour"), [(-30, 26), (0, 26), (1, 26), (181, 26), (4 * 60 + 1, 27)])
def test_a_waiting_move_looks_again_at_the_first_full_hour_that_is_safe(minute, hour):
    """22:00 to 06:00 UTC, with runs of an hour: guarded to 01:00, but only a full hour after now is an answer."""
    way = passage(slotted(44), slotted(12))
    assert next_safe_tick(way, MONDAY + 22 * HOUR + timedelta(minutes=minute)) == MONDAY + hour * HOUR


def test_the_runs_of_the_time_until_then_count_as_points():
    way = passage(slotted(44), slotted(12), last_point_at=MONDAY - 2 * HOUR, rpo=26 * HOUR)
    assert "would exceed its RPO" in obstacle(way, MONDAY + 12 * HOUR)
    assert next_safe_tick(way, MONDAY + 12 * HOUR) == MONDAY + 26 * HOUR


def test_runs_that_should_have_been_do_not_count_as_points():
    """Sunday's run failed, so only tonight's brings the gap to an hour later back within the RPO."""
    late = passage(slotted(44), slotted(46), last_point_at=MONDAY - 26 * HOUR, rpo=40 * HOUR)
    assert next_safe_tick(late, MONDAY + 2 * HOUR) == MONDAY + 26 * HOUR


def test_a_run_that_is_due_at_this_very_moment_counts():
    way = passage(slotted(44), slotted(46), last_point_at=MONDAY - 2 * HOUR, rpo=30 * HOUR)
    assert next_safe_tick(way, MONDAY + 22 * HOUR) == MONDAY + 26 * HOUR


def test_a_move_that_no_hour_suits_cannot_say_when_it_looks_again():
    assert next_safe_tick(passage(slotted(44), slotted(12), minutes=1400), MONDAY) is None


def test_a_vm_without_any_point_looks_again_when_its_first_run_is_not_delayed():
    way = replace(passage(slotted(20), slotted(44)), last_point_at=None)
    assert next_safe_tick(way, MONDAY + 5 * HOUR) == MONDAY + 14 * HOUR
