from datetime import UTC, datetime, timedelta

import pytest

from local.host.schedule import Schedule, ScheduleError

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)  # a Thursday


def occurrences(text: str, count: int, after: datetime = NEW_YEAR) -> list[str]:
    schedule = Schedule.parse(text)
    found = []
    for _ in range(count):
        after = schedule.next_after(after)
        found.append(after.strftime("%m-%d %H:%M:%S"))
    return found


def test_the_first_of_six_fields_is_the_second() -> None:
    assert occurrences("15 30 2 * * *", 2) == ["01-01 02:30:15", "01-02 02:30:15"]


def test_five_fields_fire_at_second_zero() -> None:
    assert occurrences("30 2 * * *", 2) == ["01-01 02:30:00", "01-02 02:30:00"]


def test_an_occurrence_is_later_than_the_instant_it_is_asked_for() -> None:
    schedule = Schedule.parse("0 0 * * * *")
    assert schedule.next_after(NEW_YEAR) == NEW_YEAR + timedelta(hours=1)
    assert schedule.next_after(NEW_YEAR - timedelta(microseconds=1)) == NEW_YEAR


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 */5 * * * *", ["01-01 00:05:00", "01-01 00:10:00"]),
        ("0 0 9-10 * * *", ["01-01 09:00:00", "01-01 10:00:00"]),
        ("0 0 0 * JAN mon", ["01-05 00:00:00", "01-12 00:00:00"]),
        ("0 0 0 * * 0", ["01-04 00:00:00", "01-11 00:00:00"]),
        ("0 0 0 * * 1-5", ["01-02 00:00:00", "01-05 00:00:00"]),
        ("0 0,20 6 * * *", ["01-01 06:00:00", "01-01 06:20:00"]),
    ],
)
def test_ranges_steps_lists_and_names_are_understood(text: str, expected: list[str]) -> None:
    assert occurrences(text, 2) == expected


def test_day_of_month_and_weekday_must_both_match() -> None:
    assert occurrences("0 0 0 13 * FRI", 2) == ["02-13 00:00:00", "03-13 00:00:00"]


@pytest.mark.parametrize(
    "text", ["", "* * * *", "0 0 0 0 0 0 0", "0 61 * * * *", "0 0 0 L * *", "0 0 0 ? * *", "0 0 0 * * 7"]
)
def test_what_ncrontab_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError, match="NCRONTAB"):
        Schedule.parse(text)


def test_a_schedule_within_the_minute_is_told_from_one_above() -> None:
    assert Schedule.parse("*/30 * * * * *").is_sub_minute(NEW_YEAR)
    assert not Schedule.parse("0 * * * * *").is_sub_minute(NEW_YEAR)
