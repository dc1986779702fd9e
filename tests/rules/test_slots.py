"""Do local windows become the right UTC slots, on clock-change days too?"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.azure import Frequency, HourlySchedule
from shared.model.intent import Blackout
from shared.rules.slots import (
    at,
    blackout_on,
    clock_text,
    day_shift,
    first_slots,
    last_start,
    next_start,
    slot_of,
    start_slots,
    window_slots,
    window_span,
)
from tests.rules.fleet import policy, window

JUDGED = settings(max_examples=300, deadline=None, derandomize=True)
SLOT = timedelta(minutes=30)
# Each zone with a spring and an autumn clock change of 2026; Nepal has none, but is off the half hour.
CLOCK_CHANGES = [
    ("Europe/Amsterdam", date(2026, 3, 29), date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8), date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 10, 4), date(2026, 4, 5)),
]
ZONES = [zone for zone, _, _ in CLOCK_CHANGES] + ["Asia/Kathmandu", "UTC"]
instants = st.integers(0, 3 * 365 * 1440).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
slots = st.integers(0, 47)
zones = st.sampled_from(ZONES)
dates = st.dates(date(2025, 1, 1), date(2028, 1, 1))


def shown(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@given(dates, slots)
def test_an_instant_of_a_slot_lies_in_that_slot(day, slot):
    assert slot_of(at(day, slot)) == slot_of(at(day, slot) + timedelta(minutes=29)) == slot
    assert at(day, slot).strftime("%H:%M") == clock_text(slot)


@given(slots, instants)
def test_a_daily_slot_starts_exactly_once_between_its_last_and_its_next_start(slot, now):
    last, coming = last_start(slot, now), next_start(slot, now)
    assert last <= now < coming
    assert coming - last == timedelta(days=1)
    assert slot_of(last) == slot_of(coming) == slot


def test_a_window_past_midnight_ends_on_the_next_day():
    begin, end = window_span(window("22:00-04:00", "Europe/Amsterdam"), "westeurope", date(2026, 1, 10))
    assert (begin, end) == (datetime(2026, 1, 10, 21, tzinfo=UTC), datetime(2026, 1, 11, 3, tzinfo=UTC))


def test_a_region_follows_the_zone_the_window_gives_it():
    night = window("22:00-23:00", "Europe/Amsterdam", eastus2="America/New_York")
    assert window_slots(night, "eastus2", date(2026, 1, 10)) == (6, 7)
    assert window_slots(night, "westeurope", date(2026, 1, 10)) == (42, 43)


def test_a_window_that_ends_where_it_starts_is_the_whole_day():
    assert window_slots(window("08:00-08:00"), "westeurope", date(2026, 1, 10)) == tuple(range(48))


@pytest.mark.parametrize(("zone", "spring", "autumn"), CLOCK_CHANGES)
def test_the_whole_day_has_every_slot_at_most_once_on_clock_change_days(zone, spring, autumn):
    for day in (spring, autumn):
        found = window_slots(window("00:00-00:00", zone), "", day)
        begin, end = window_span(window("00:00-00:00", zone), "", day)
        assert len(found) == len(set(found)) == min(48, (end - begin) // SLOT)


@JUDGED
@given(
    st.sampled_from([(zone, day) for zone, *days in CLOCK_CHANGES for day in days]) | st.tuples(zones, dates),
    st.integers(-1, 0),
    st.integers(0, 47),
    st.integers(1, 48),
)
def test_the_slots_of_a_window_are_those_that_the_local_clock_shows_inside_it(place, off, first, length):
    """Neither skipped nor doubled: compared with a walk over every half hour around the night."""
    zone, night = place[0], place[1] + timedelta(days=off)
    start, end = first * 30, (first + length) * 30
    hours = f"{shown(start)}-{shown(end % 1440)}"
    midnight = datetime.combine(night, datetime.min.time())
    opens, closes = midnight + timedelta(minutes=start), midnight + timedelta(minutes=end)
    inside, closed = [], False
    for step in range(96 * 2):
        instant = datetime.combine(night - timedelta(days=1), datetime.min.time(), UTC) + step * SLOT
        local = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        # Once closed it stays closed, although an autumn night shows some hours twice.
        closed = closed or local >= closes
        if opens <= local and not closed:
            inside.append(slot_of(instant))
    found = window_slots(window(hours, zone), "", night)
    if inside:
        assert found == tuple(sorted(set(inside)))
    else:
        assert len(found) == length


@pytest.mark.parametrize(("zone", "spring", "autumn"), CLOCK_CHANGES)
def test_a_window_that_the_clock_jumps_over_is_not_skipped(zone, spring, autumn):
    assert len(window_slots(window("02:00-02:30", zone), "", spring)) == 1
    assert len(window_slots(window("02:00-02:30", zone), "", autumn)) >= 1


def test_a_window_begins_when_the_clock_first_shows_its_hour_or_a_later_one():
    assert window_slots(window("02:30-04:00", "Europe/Amsterdam"), "", date(2026, 3, 29)) == (2, 3)


def test_slots_in_nepal_begin_inside_the_window_only():
    assert window_slots(window("22:00-23:00", "Asia/Kathmandu"), "", date(2026, 1, 10)) == (33, 34)
    begin, end = window_span(window("22:00-23:00", "Asia/Kathmandu"), "", date(2026, 1, 10))
    assert all(begin <= at(date(2026, 1, 10), slot) < end for slot in (33, 34))


@pytest.mark.parametrize(
    ("zone", "hours", "slot", "shift"),
    [
        ("Europe/Amsterdam", "22:00-06:00", 42, 0),
        ("Europe/Amsterdam", "22:00-06:00", 46, -1),
        ("America/New_York", "20:00-06:00", 2, 1),
        ("Australia/Sydney", "22:00-06:00", 24, 0),
        ("Australia/Sydney", "01:00-06:00", 30, -1),
    ],
)
def test_the_day_shift_is_the_utc_date_less_the_local_date(zone, hours, slot, shift):
    assert day_shift(slot, window(hours, zone), "", date(2026, 1, 10)) == shift


@JUDGED
@given(zones, slots, st.integers(1, 48), dates)
def test_the_day_shift_agrees_with_the_two_clocks_for_every_slot_of_a_window(zone, first, length, night):
    made = window(f"{shown(first * 30)}-{shown((first + length) * 30 % 1440)}", zone)
    begin, _ = window_span(made, "", night)
    for slot in window_slots(made, "", night):
        run = begin + timedelta(days=0)
        while slot_of(run) != slot or run.minute % 30:
            run += timedelta(minutes=15)
        assert day_shift(slot, made, "", night) == (run.date() - run.astimezone(ZoneInfo(zone)).date()).days


def test_a_policy_in_utc_has_one_start():
    assert start_slots(policy(start=22 * 60 + 30), date(2026, 7, 1)) == (45,)


def test_a_policy_in_a_zone_with_clock_changes_may_start_at_either_hour_the_one_in_force_first():
    amsterdam = policy(start=23 * 60, time_zone="W. Europe Standard Time")
    assert start_slots(amsterdam, date(2026, 1, 10)) == (44, 42)
    assert start_slots(amsterdam, date(2026, 7, 10)) == (42, 44)


@pytest.mark.parametrize("month", [1, 3, 7])
def test_an_offset_that_a_zone_has_for_one_month_only_is_one_of_its_starts(month):
    """Morocco is an hour behind its usual clock in Ramadan, which is from February to March in 2026."""
    casablanca = policy(start=23 * 60, time_zone="Morocco Standard Time")
    assert sorted(start_slots(casablanca, date(2026, month, 10))) == [44, 46]


def test_a_zone_without_clock_changes_has_one_start():
    assert start_slots(policy(start=60, time_zone="Tokyo Standard Time"), date(2026, 7, 1)) == (32,)


def test_a_start_off_the_half_hour_counts_as_both_slots_around_it():
    assert start_slots(policy(start=120, time_zone="Nepal Standard Time"), date(2026, 7, 1)) == (40, 41)


def test_an_hourly_policy_has_the_slots_of_its_days_first_and_last_run_with_the_likelier_last_one_first():
    often = policy(start=8 * 60, frequency=Frequency.HOURLY, hourly=HourlySchedule(4, 12))
    assert first_slots(often, date(2026, 7, 1)) == (16,)
    assert start_slots(often, date(2026, 7, 1)) == (40, 32)
    berlin = replace(often, time_zone="W. Europe Standard Time")
    assert start_slots(berlin, date(2026, 7, 1)) == (36, 38, 28, 30)
    assert start_slots(replace(often, start=20 * 60), date(2026, 7, 1)) == (16, 8)


@pytest.mark.parametrize(
    "unknown",
    [
        policy(time_zone="Customized Time Zone"),
        policy(start=None),
        policy(frequency=Frequency.WEEKLY, run_days=("Sunday",)),
        policy(frequency=Frequency.HOURLY, start=None),
    ],
)
def test_a_schedule_without_one_known_daily_start_has_no_slot(unknown):
    assert start_slots(unknown, date(2026, 7, 1)) == ()


def test_a_blackout_holds_both_its_first_and_its_last_date():
    freeze = Blackout(date(2026, 12, 24), date(2027, 1, 1), "year-end freeze")
    held = [day for day in (23, 24, 31) if blackout_on([freeze], [date(2026, 12, day)])]
    assert held == [24, 31]
    assert blackout_on([freeze], [date(2027, 1, 1)]) is freeze
    assert blackout_on([freeze], [date(2027, 1, 2)]) is None
