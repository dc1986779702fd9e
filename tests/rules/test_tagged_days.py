"""Do the right runs carry tags, and does a local day survive its way to UTC? (Safety rule 7.)"""

from calendar import monthrange
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.azure import Retention, TaggedRetention
from shared.rules.tagged_days import MONTHS, ORDINALS, WEEKDAYS, first_tagged_day, to_utc
from tests.rules.fleet import KEPT

JUDGED = settings(max_examples=100, deadline=None, derandomize=True)
weekdays = st.sampled_from(WEEKDAYS)
days_of_month = st.builds("{} {}".format, st.sampled_from(ORDINALS), weekdays) | st.builds(
    "Day {}".format, st.integers(1, 28) | st.just("Last")
)
days_of_year = st.builds("{} {}".format, st.sampled_from(MONTHS), days_of_month)
shifts = st.sampled_from([-1, 0, 1])


def utc(entry: str, shift: int, name: str = "monthly") -> str:
    """The entry as a slot policy carries it when its runs fall `shift` days from the local date."""
    [moved] = getattr(to_utc(Retention(30, **{name: TaggedRetention(5, "Weeks", (entry,))}), shift), name).when
    return moved


def tagged_days(entry: str, first: date, last: date) -> list[date]:
    found, day = [], first_tagged_day((entry,), first)
    while day is not None and day <= last:
        found.append(day)
        day = first_tagged_day((entry,), day + timedelta(days=1))
    return found


def carries(entry: str, day: date) -> bool:
    return first_tagged_day((entry,), day) == day


@pytest.mark.parametrize(
    ("entry", "day", "expected"),
    [
        ("Sunday", date(2026, 3, 1), True),
        ("Sunday", date(2026, 3, 2), False),
        ("First Sunday", date(2026, 3, 1), True),
        ("First Sunday", date(2026, 3, 8), False),
        ("Fourth Sunday", date(2026, 3, 22), True),
        ("Last Sunday", date(2026, 3, 22), False),
        ("Last Sunday", date(2026, 3, 29), True),
        ("Day 1", date(2026, 3, 1), True),
        ("Day Last", date(2026, 2, 28), True),
        ("Day Last", date(2028, 2, 28), False),
        ("Day Last", date(2028, 2, 29), True),
        ("March First Sunday", date(2026, 3, 1), True),
        ("April First Sunday", date(2026, 3, 1), False),
        ("March Day 1", date(2026, 3, 1), True),
    ],
)
def test_a_run_carries_the_tags_of_its_utc_date(entry, day, expected):
    assert carries(entry, day) is expected


def test_the_first_of_several_days_to_come_is_found():
    twice = ("Sunday", "Wednesday")
    found = [first_tagged_day(twice, date(2026, 3, day)) for day in (1, 2, 4, 5)]
    assert [day.day for day in found] == [1, 4, 4, 8]


def test_the_rarest_day_of_all_is_found_from_any_date():
    late = first_tagged_day(("January First Sunday",), date(2023, 1, 2))
    assert late == date(2024, 1, 7)


def test_a_class_without_days_has_no_tagged_run():
    assert first_tagged_day((), date(2026, 3, 1)) is None


def test_retention_whose_runs_keep_their_date_stays_as_it_is():
    assert to_utc(KEPT, 0) is KEPT


def test_a_class_that_is_absent_stays_absent():
    assert to_utc(Retention(30), 1) == Retention(30)


@JUDGED
@given(weekdays, shifts, st.dates(date(2025, 1, 1), date(2030, 1, 1)))
def test_a_weekly_day_moves_with_its_run_to_the_utc_date(weekday, shift, day):
    assert carries(utc(weekday, shift, "weekly"), day + timedelta(days=shift)) == carries(weekday, day)


@JUDGED
@given(days_of_month, shifts, st.integers(2025, 2031))
def test_every_month_has_exactly_one_monthly_run_after_the_way_to_utc(entry, shift, year):
    found = tagged_days(utc(entry, shift), date(year, 1, 1), date(year, 12, 31))
    assert Counter(day.month for day in found) == dict.fromkeys(range(1, 13), 1)


@JUDGED
@given(days_of_year, shifts, st.integers(2025, 2040))
def test_every_year_has_exactly_one_yearly_run_after_the_way_to_utc(entry, shift, year):
    found = tagged_days(utc(entry, shift, "yearly"), date(year, 1, 1), date(year, 12, 31))
    assert len(found) == 1


@JUDGED
@given(st.booleans(), days_of_year, shifts, st.integers(2026, 2035))
def test_a_run_in_utc_is_at_most_a_week_from_the_local_one(yearly, entry, shift, year):
    name, entry = ("yearly", entry) if yearly else ("monthly", entry.split(" ", 1)[1])
    local = tagged_days(entry, date(year, 1, 1), date(year, 12, 31))
    around = tagged_days(utc(entry, shift, name), date(year - 1, 12, 1), date(year + 1, 1, 31))
    assert all(min(abs(day - there) for there in around) <= timedelta(days=7) for day in local)


def test_the_ends_of_a_month_join():
    moved = [("Day 1", -1), ("Day Last", 1), ("Day 28", 1), ("Day Last", -1)]
    assert [utc(*entry) for entry in moved] == ["Day Last", "Day 1", "Day Last", "Day 28"]


def test_the_ends_of_a_year_join():
    assert utc("January Day 1", -1, "yearly") == "December Day Last"
    assert utc("December Day Last", 1, "yearly") == "January Day 1"


@given(st.integers(2025, 2032), st.integers(1, 12), shifts)
def test_a_day_of_the_month_moves_by_exactly_one_day_inside_the_month(year, month, shift):
    for number in range(2, 28):
        [moved] = tagged_days(
            utc(f"Day {number}", shift),
            date(year, month, 1),
            date(year, month, monthrange(year, month)[1]),
        )
        assert moved == date(year, month, number) + timedelta(days=shift)
