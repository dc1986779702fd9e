"""Do the starts that are left keep every run of a VM clear of its patching, late starts included?"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.intent import PatchWindow, TagMatch
from shared.rules.patch_windows import clear_of_patching, patched_slots
from shared.rules.slots import at
from tests.rules.fleet import vm

JUDGED = settings(max_examples=150, deadline=None, derandomize=True)
WINTER, SUMMER = date(2026, 1, 10), date(2026, 7, 10)
ALL = tuple(range(48))
PATCHED = vm("app-01", tags={"patch-group": "A"})
CLOCK_CHANGES = [
    ("Europe/Amsterdam", date(2026, 3, 29), date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8), date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 10, 4), date(2026, 4, 5)),
]


def patching(hours: str, zone: str = "UTC", group: str = "a") -> PatchWindow:
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in hours.split("-"))
    return PatchWindow(TagMatch("patch-group", (group,)), start, end, zone)


def clear(
    *windows: PatchWindow, starts: tuple[int, ...] = ALL, slots: int = 1, night: date = WINTER
) -> tuple[int, ...]:
    return clear_of_patching(starts, PATCHED, windows, slots, night)


def test_a_run_is_clear_from_two_hours_and_its_length_before_patching_until_patching_ends():
    """Patching from 22:00 to 23:00 UTC holds slots 44 and 45; a start may be four slots late and then runs for two."""
    assert clear(patching("22:00-23:00"), slots=2) == (*range(39), 46, 47)


def test_a_backup_whose_length_is_not_known_to_fill_a_slot_counts_as_one():
    assert clear(patching("22:00-23:00"), slots=0) == clear(patching("22:00-23:00"), slots=1) == (*range(40), 46, 47)


def test_the_order_of_the_starts_is_kept():
    assert clear(patching("22:00-23:00"), starts=(47, 3, 42, 20)) == (47, 3, 20)


def test_patching_past_midnight_is_kept_clear_on_both_sides():
    assert patched_slots([patching("23:00-01:00")], WINTER) == {46, 47, 0, 1}
    assert clear(patching("23:00-01:00")) == tuple(range(2, 42))


def test_a_late_start_does_not_run_into_patching_after_midnight():
    assert clear(patching("00:00-01:00"), starts=(43, 44, 47, 2)) == (43, 2)


def test_patching_follows_its_own_zone_and_season():
    assert patched_slots([patching("22:00-23:00", "Europe/Amsterdam")], WINTER) == {42, 43}
    assert patched_slots([patching("22:00-23:00", "Europe/Amsterdam")], SUMMER) == {40, 41}
    assert patched_slots([patching("20:00-21:00", "America/New_York")], WINTER) == {2, 3}


def test_patching_off_the_half_hour_touches_the_slots_at_both_ends():
    """22:00 in Nepal is 16:15 UTC."""
    assert patched_slots([patching("22:00-23:00", "Asia/Kathmandu")], WINTER) == {32, 33, 34}


def test_several_windows_are_all_kept_clear():
    both = [patching("22:00-23:00"), patching("03:00-04:00", "Asia/Kolkata")]
    assert patched_slots(both, WINTER) == {43, 44, 45}
    assert clear(*both) == tuple(start for start in clear(both[0]) if start in clear(both[1]))


def test_only_windows_that_match_the_vm_count_and_values_are_compared_without_case():
    assert clear(patching("22:00-23:00", group="b")) == ALL
    assert clear(patching("22:00-23:00", group="A")) == clear(patching("22:00-23:00", group="a")) != ALL
    assert clear_of_patching(ALL, vm("app-02"), [patching("22:00-23:00")], 1, WINTER) == ALL


def test_a_vm_that_is_not_known_has_no_tags_to_match():
    assert clear_of_patching((3, 44), None, [patching("22:00-23:00")], 1, WINTER) == (3, 44)


def test_nothing_is_left_where_patching_or_the_backup_itself_fills_the_day():
    assert clear(patching("02:00-00:00")) == ()
    assert clear(patching("02:30-00:00")) == (0,)
    assert clear(patching("22:00-22:30"), slots=44) == ()
    assert clear(patching("22:00-22:30"), slots=43) == (45,)
    assert clear(patching("00:00-00:00")) == ()


def test_without_starts_nothing_is_left():
    assert clear(starts=()) == ()


@pytest.mark.parametrize(("zone", "spring", "autumn"), CLOCK_CHANGES)
def test_beside_a_clock_change_the_hours_before_and_after_it_are_both_clear(zone, spring, autumn):
    for change in (spring, autumn):
        before, after = (
            patched_slots([patching("12:00-13:00", zone)], change + timedelta(days=days)) for days in (-5, 5)
        )
        assert before != after
        for days in (-1, 0, 1):
            near = patched_slots([patching("12:00-13:00", zone)], change + timedelta(days=days))
            assert near in (before | after, after)
        assert patched_slots([patching("12:00-13:00", zone)], change) == before | after


@pytest.mark.parametrize(("zone", "spring", "autumn"), CLOCK_CHANGES)
def test_patching_in_the_hour_that_the_clock_jumps_over_or_shows_twice_is_kept_clear(zone, spring, autumn):
    for change in (spring, autumn):
        found = patched_slots([patching("02:00-02:30", zone)], change)
        for instant in half_hours(change):
            if instant.astimezone(ZoneInfo(zone)).strftime("%H:%M") == "02:00":
                assert (instant.hour * 60 + instant.minute) // 30 in found


def half_hours(night: date) -> list[datetime]:
    return [at(night, 0) + timedelta(minutes=30 * step) for step in range(-48, 96)]


@JUDGED
@given(
    st.sampled_from([zone for zone, *_ in CLOCK_CHANGES] + ["Asia/Kathmandu", "Asia/Kolkata", "America/Sao_Paulo"]),
    st.one_of(
        st.dates(date(2025, 1, 1), date(2028, 1, 1)),
        st.sampled_from([day for _, *days in CLOCK_CHANGES for day in days]),
    ),
    st.integers(0, 47),
    st.integers(1, 40),
    st.integers(1, 20),
)
def test_no_minute_of_a_run_that_is_left_is_a_minute_of_patching_on_the_local_clock(zone, night, first, length, slots):
    """Judged by the clock on the wall, every five minutes: any start of two hours late, and then the whole backup."""
    begin, end = first * 30, (first + length) * 30
    window = PatchWindow(TagMatch("patch-group", ("a",)), begin, end % 1440, zone)
    found = set(clear(window, slots=slots, night=night))
    for start in ALL:
        run = at(night, start)
        for minute in range(0, 120 + slots * 30, 5):
            shown = (run + timedelta(minutes=minute)).astimezone(ZoneInfo(zone))
            into = (shown.hour * 60 + shown.minute - begin) % 1440
            if into < end - begin:
                assert start not in found
                break


@JUDGED
@given(st.integers(0, 47), st.integers(1, 40), st.integers(1, 20))
def test_every_start_that_does_not_touch_patching_is_left(first, length, slots):
    begin, end = first * 30, (first + length) * 30
    window = PatchWindow(TagMatch("patch-group", ("a",)), begin, end % 1440, "UTC")
    touched = {
        start for start in ALL for offset in range(4 + slots) if ((start + offset - first) % 48) in range(length)
    }
    assert clear(window, slots=slots) == tuple(start for start in ALL if start not in touched)
