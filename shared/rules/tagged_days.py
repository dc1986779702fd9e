"""Which runs carry a weekly, monthly or yearly tag? Days in policies are UTC days; intent speaks local ones."""

from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

from shared.model.azure import Retention, TaggedRetention

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
ORDINALS = ("First", "Second", "Third", "Fourth", "Last")
CLASSES = ("weekly", "monthly", "yearly")
LONGEST_YEAR = 372
"""Days between two runs of a yearly tag at most: the first Sunday of January falls on its 1st to 7th."""


@lru_cache(maxsize=4096)
def first_tagged_day(when: tuple[str, ...], day: date) -> date | None:
    """Return the first date at or after `day` whose run carries a tag of the entries `when`, if a year has one."""
    days = (day + timedelta(days=ahead) for ahead in range(LONGEST_YEAR))
    return next((day for day in days if any(_falls_on(entry, day) for entry in when)), None)


def to_utc(retention: Retention, shift: int) -> Retention:
    """Return the retention with its local days moved by `shift` days (-1, 0, 1) to UTC days.

    "First Sunday" one day on becomes "First Monday": Azure has no "day after the first Sunday". There is still
    exactly one tagged run a month, at most a week from the local one.
    """
    if shift == 0:
        return retention
    return replace(
        retention,
        weekly=_moved(retention.weekly, shift),
        monthly=_moved(retention.monthly, shift),
        yearly=_moved(retention.yearly, shift),
    )


@lru_cache(maxsize=4096)
def same_days(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Return whether two `when` name the same local days, entry by entry: on one UTC day, or a day apart."""
    return any(tuple(_shift(entry, shift) for entry in one) == other for shift in (-1, 0, 1))


def _moved(kept: TaggedRetention | None, shift: int) -> TaggedRetention | None:
    return kept and replace(kept, when=tuple(_shift(entry, shift) for entry in kept.when))


def _shift(entry: str, shift: int) -> str:
    words = entry.split()
    if shift == 0:
        return entry
    if words[-2:-1] == ["Day"]:
        return _shift_month_day(words, shift)
    weekday = WEEKDAYS[(WEEKDAYS.index(words[-1]) + shift) % 7]
    return " ".join([*words[:-1], weekday])


def _shift_month_day(words: list[str], shift: int) -> str:
    """Move "[Month ]Day n" by one day; Azure knows days 1 to 28 and Last, so the ends of a month join."""
    month, day = words[:-2], words[-1]
    if day == "Last":
        moved = "1" if shift > 0 else "28"
    elif (day, shift) in {("1", -1), ("28", 1)}:
        moved = "Last"
    else:
        moved = str(int(day) + shift)
    crosses = {("Last", "1"): 1, ("1", "Last"): -1}.get((day, moved), 0)
    if month and crosses:
        month = [MONTHS[(MONTHS.index(month[0]) + crosses) % 12]]
    return " ".join([*month, "Day", moved])


def _falls_on(entry: str, day: date) -> bool:
    words = entry.split()
    if words[0] in MONTHS:
        if MONTHS[day.month - 1] != words[0]:
            return False
        words = words[1:]
    if words[0] == "Day":
        return _is_last_of_month(day) if words[1] == "Last" else day.day == int(words[1])
    if WEEKDAYS[day.weekday()] != words[-1]:
        return False
    return len(words) == 1 or _ordinal_matches(words[0], day)


def _ordinal_matches(ordinal: str, day: date) -> bool:
    if ordinal == "Last":
        return (day + timedelta(days=7)).month != day.month
    return (day.day - 1) // 7 == ORDINALS.index(ordinal)


def _is_last_of_month(day: date) -> bool:
    return (day + timedelta(days=1)).month != day.month
