"""Which runs carry a weekly, monthly or yearly tag? Azure's retention formats and our `when` lines, both ways."""

from collections.abc import Iterable, Sequence
from itertools import product

from shared.cloud.wire_values import Wire, entries, mapping, number, text

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
WEEKS = ("First", "Second", "Third", "Fourth", "Last")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DATES = (*(str(day) for day in range(1, 29)), "Last")
"""Days of a month that a retention may name: 1 to 28, or the last."""


def chosen(value: object, words: Sequence[str]) -> tuple[str, ...] | None:
    """Return the listed words in calendar order; None where the list is empty or holds any other word."""
    known = {word.lower(): word for word in words}
    found = {known.get(text(entry).lower()) for entry in entries(value)}
    if not found or None in found:
        return None
    return tuple(word for word in words if word in found)


def runs_of_month(schedule: Wire) -> tuple[str, ...] | None:
    """Return a monthly (or a month of a yearly) retention's runs: "First Sunday", or "Day 1" and "Day Last".

    None where the format or any word of it is unknown.
    """
    if text(schedule.get("retentionScheduleFormatType")).lower() == "daily":
        days = entries(mapping(schedule.get("retentionScheduleDaily")).get("daysOfTheMonth"))
        dates = chosen([_date(mapping(day)) for day in days], DATES)
        return None if dates is None else tuple(f"Day {date}" for date in dates)
    if text(schedule.get("retentionScheduleFormatType")).lower() == "weekly":
        weekly = mapping(schedule.get("retentionScheduleWeekly"))
        weeks, days_of_week = chosen(weekly.get("weeksOfTheMonth"), WEEKS), chosen(weekly.get("daysOfTheWeek"), DAYS)
        if weeks and days_of_week:
            return tuple(f"{week} {day}" for week, day in product(weeks, days_of_week))
    return None


def runs_of_year(schedule: Wire) -> tuple[str, ...] | None:
    """Return a yearly retention's runs: "January First Sunday" or "January Day 1"; None where any word is unknown."""
    months, runs = chosen(schedule.get("monthsOfYear"), MONTHS), runs_of_month(schedule)
    return tuple(f"{month} {run}" for month, run in product(months, runs)) if months and runs else None


def weekly_format(when: Iterable[str]) -> dict[str, object] | None:
    """Return the wire's weekly retention days for `when`; None where a line is not a day of the week."""
    days = chosen(list(when), DAYS)
    return None if days is None else {"daysOfTheWeek": list(days)}


def monthly_format(when: Iterable[str]) -> dict[str, object] | None:
    """Return the wire's monthly retention format for `when`.

    None where the wire cannot say it: it knows dates, or every one of some weekdays in every one of some weeks.
    """
    lines = [line.split() for line in when]
    if not lines or any(len(line) != 2 for line in lines):
        return None
    first, second = (list(words) for words in zip(*lines, strict=True))
    if set(first) == {"Day"}:
        dates = chosen(second, DATES)
        if dates is None:
            return None
        return {
            "retentionScheduleFormatType": "Daily",
            "retentionScheduleDaily": {"daysOfTheMonth": [_day(date) for date in dates]},
        }
    weeks, days = chosen(first, WEEKS), chosen(second, DAYS)
    if not weeks or not days or len(weeks) * len(days) != len({tuple(line) for line in lines}):
        return None
    return {
        "retentionScheduleFormatType": "Weekly",
        "retentionScheduleWeekly": {"daysOfTheWeek": list(days), "weeksOfTheMonth": list(weeks)},
    }


def yearly_format(when: Iterable[str]) -> dict[str, object] | None:
    """Return the wire's yearly retention format for `when`; None where its months do not share the same runs."""
    runs: dict[str, set[str]] = {}
    for line in when:
        month, _, run = line.partition(" ")
        runs.setdefault(month, set()).add(run)
    months = chosen(list(runs), MONTHS)
    shared = next(iter(runs.values()), set())
    if months is None or any(run != shared for run in runs.values()):
        return None
    monthly = monthly_format(sorted(shared))
    return monthly and {**monthly, "monthsOfYear": list(months)}


def _date(day: Wire) -> str:
    return "Last" if day.get("isLast") is True else str(number(day.get("date")))


def _day(date: str) -> dict[str, object]:
    return {"date": 0, "isLast": True} if date == "Last" else {"date": int(date), "isLast": False}
