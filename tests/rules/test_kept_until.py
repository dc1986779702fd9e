"""Is a point that stands in for another kept as long as that one? By months of the calendar, leap days included."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.model.azure import Retention, TaggedRetention
from shared.rules.on_demand import keep_until
from tests.rules.fleet import policy

DAY = timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def kept(missed: str, **tagged: TaggedRetention) -> str:
    promised = policy(retention=Retention(30, **tagged))
    return keep_until(promised, at(missed), at(missed)).date().isoformat()


@pytest.mark.parametrize(
    ("count", "unit", "when", "missed", "until"),
    [
        (12, "Months", "Day 15", "2027-06-15", "2028-06-15"),
        (6, "Months", "Day Last", "2027-08-31", "2028-02-29"),
        (7, "Years", "January Day 1", "2027-01-01", "2034-01-01"),
        (1, "Years", "February Day Last", "2028-02-29", "2029-02-28"),
        (9, "Months", "First Sunday", "2027-06-06", "2028-03-06"),
        (12, "Months", "Day 15", "2027-06-14", "2027-07-14"),
        (99, "Years", "January Day 1", "2027-01-01", "2125-12-08"),
    ],
)
def test_the_longest_class_counts_in_months_of_the_calendar(
    count: int, unit: str, when: str, missed: str, until: str
) -> None:
    name = "yearly" if unit == "Years" else "monthly"
    assert kept(missed, **{name: TaggedRetention(count, unit, (when,))}) == until


def test_weeks_and_days_are_what_they_are() -> None:
    assert kept("2027-06-06", weekly=TaggedRetention(12, "Weeks", ("Sunday",))) == "2027-08-29"
    assert keep_until(None, at("2027-06-06"), at("2027-06-06")) == at("2027-06-06") + 7 * DAY
