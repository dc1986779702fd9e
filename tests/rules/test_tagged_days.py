"""Do the right runs carry tags, and does a local day survive its way to UTC? (Safety rule 7.)"""

from calendar import monthrange
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.azure import Retention, TaggedRetention
from shared.rules.tagged_days import MONTHS, ORDINALS, WEEKDAYS, tags, to_utc

JUDGED = settings(max_examples=100, deadline=None, derandomize=True)
weekdays = st.sampled_from(WEEKDAYS)
days_of_month = st.builds("{} {}".format, st.sampled_from(ORDINALS), weekdays) | st.builds(
    "Day {}".format, st.integers(1, 28) | st.just("Last")
)
days_of_year = st.builds("{} {}".format, st.sampled_from(MONTHS), days_of_month)
shifts = st.sampled_from([-1, 0, 1])


def kept(**entries: str) -> Retention:
    return Retention(30, **{name: TaggedRetention(5, "Weeks", (entry,)) for name, entry in entries.items()})


def tagged_days(retention: Retention, first: date, last: date) -> list[date]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if tags(retention, day)]


@pytest.mark.parametrize(
    ("entries", "day", "expected"),
    [
        ({"weekly": "Sunday"}, date(2026, 3, 1), {"weekly"}),
        ({"weekly": "Sunday"}, date(2026, 3, 2), set()),
        ({"monthly": "First Sunday"}, date(2026, 3, 1), {"monthly"}),
        ({"monthly": "First Sunday"}, date(2026, 3, 8), set()),
        ({"monthly": "Fourth Sunday"}, date(2026, 3, 22), {"monthly"}),
        ({"monthly": "Last Sunday"}, date(2026, 3, 22), set()),
        ({"monthly": "Last Sunday"}, date(2026, 3, 29), {"monthly"}),
        ({"monthly": "Day 1"}, date(2026, 3, 1), {"monthly"}),
        ({"monthly": "Day Last"}, date(2026, 2, 28), {"monthly"}),
        ({"monthly": "Day Last"}, date(2028, 2, 28), set()),
        ({"monthly": "Day Last"}, date(2028, 2, 29), {"monthly"}),
        ({"yearly": "March First Sunday"}, date(2026, 3, 1), {"yearly"}),
        ({"yearly": "April First Sunday"}, date(2026, 3, 1), set()),
        ({"yearly": "March Day 1"}, date(2026, 3, 1), {"yearly"}),
        (
            {"weekly": "Sunday", "monthly": "First Sunday", "yearly": "March First Sunday"},
            date(2026, 3, 1),
            {"weekly", "monthly", "yearly"},
        ),
        ({}, date(2026, 3, 1), set()),
    ],
)
def test_a_run_carries_the_tags_of_its_utc_date(entries, day, expected):
    assert tags(kept(**entries), day) == expected


def test_any_one_of_several_days_gives_the_tag():
    twice = Retention(30, weekly=TaggedRetention(5, "Weeks", ("Sunday", "Wednesday")))
    assert [day.day for day in tagged_days(twice, date(2026, 3, 1), date(2026, 3, 8))] == [1, 4, 8]


@JUDGED
@given(weekdays, shifts, st.dates(date(2025, 1, 1), date(2030, 1, 1)))
def test_a_weekly_day_moves_with_its_run_to_the_utc_date(weekday, shift, day):
    local, utc = kept(weekly=weekday), to_utc(kept(weekly=weekday), shift)
    assert tags(utc, day + timedelta(days=shift)) == tags(local, day)


@JUDGED
@given(days_of_month, shifts, st.integers(2025, 2031))
def test_every_month_has_exactly_one_monthly_run_after_the_way_to_utc(entry, shift, year):
    found = tagged_days(to_utc(kept(monthly=entry), shift), date(year, 1, 1), date(year, 12, 31))
    assert Counter(day.month for day in found) == dict.fromkeys(range(1, 13), 1)


@JUDGED
@given(days_of_year, shifts, st.integers(2025, 2040))
def test_every_year_has_exactly_one_yearly_run_after_the_way_to_utc(entry, shift, year):
    found = tagged_days(to_utc(kept(yearly=entry), shift), date(year, 1, 1), date(year, 12, 31))
    assert len(found) == 1


@JUDGED
@given(st.booleans(), days_of_year, shifts, st.integers(2026, 2035))
def test_a_run_in_utc_is_at_most_a_week_from_the_local_one(yearly, entry, shift, year):
    name, entry = ("yearly", entry) if yearly else ("monthly", entry.split(" ", 1)[1])
    local = tagged_days(kept(**{name: entry}), date(year, 1, 1), date(year, 12, 31))
    around = tagged_days(to_utc(kept(**{name: entry}), shift), date(year - 1, 12, 1), date(year + 1, 1, 31))
    assert all(min(abs(day - there) for there in around) <= timedelta(days=7) for day in local)


def test_the_ends_of_a_month_join():
    assert to_utc(kept(monthly="Day 1"), -1) == kept(monthly="Day Last")
    assert to_utc(kept(monthly="Day Last"), 1) == kept(monthly="Day 1")
    assert to_utc(kept(monthly="Day 28"), 1) == kept(monthly="Day Last")
    assert to_utc(kept(monthly="Day Last"), -1) == kept(monthly="Day 28")


def test_the_ends_of_a_year_join():
    assert to_utc(kept(yearly="January Day 1"), -1) == kept(yearly="December Day Last")
    assert to_utc(kept(yearly="December Day Last"), 1) == kept(yearly="January Day 1")


@given(st.integers(2025, 2032), st.integers(1, 12), shifts)
def test_a_day_of_the_month_moves_by_exactly_one_day_inside_the_month(year, month, shift):
    for number in range(2, 28):
        [moved] = tagged_days(
            to_utc(kept(monthly=f"Day {number}"), shift),
            date(year, month, 1),
            date(year, month, monthrange(year, month)[1]),
        )
        assert moved == date(year, month, number) + timedelta(days=shift)
