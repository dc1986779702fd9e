"""How high was the load in each half hour of the days before now? A series as whole days of 48 half hours."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from shared.model.azure import SLOT_MINUTES, SLOTS_PER_DAY
from shared.model.load import LoadSeries

type Day = tuple[float | None, ...]
"""48 half-hour means; None where nothing was measured."""

ENOUGH_SLOTS = 44
"""A day with fewer measured half hours (about 90 %) is neither judged nor a basis for forecasts."""
HISTORY_DAYS = 28
"""Three judged weeks, and one more from which the first of them is forecast."""
MOST_PERCENT = 100.5
"""Per cent, give or take rounding: a series that goes higher counts something else."""
MOST = 1e12
"""Higher values are broken counters, not load."""

_DAY = timedelta(days=1)


def days_before(series: LoadSeries, now: datetime) -> list[Day]:
    """Return the whole 24-hour days that end at `now` (its half hour), oldest first, at most 28, in the series' unit.

    A day runs from now's time of day to the same time: what is planned now concerns the 24 hours ahead, and UTC
    midnight would cut through nights. Values that are negative, no numbers or absurdly high count as missing.
    """
    end = slot_start(now)
    count = min(HISTORY_DAYS, (end - series.begins_at) // _DAY)
    slots = _half_hours(series, end - count * _DAY, end)
    return [tuple(slots[start : start + SLOTS_PER_DAY]) for start in range(0, len(slots), SLOTS_PER_DAY)]


def slot_start(instant: datetime) -> datetime:
    """Return the start of the half hour that holds the instant."""
    return instant.replace(minute=instant.minute // SLOT_MINUTES * SLOT_MINUTES, second=0, microsecond=0)


def usable(day: Day) -> bool:
    """Tell whether enough of the day was measured."""
    return len(day) - day.count(None) >= ENOUGH_SLOTS


def is_percent(days: Sequence[Day]) -> bool:
    """Tell whether the values can be per cent."""
    return all(value <= MOST_PERCENT for value in _known(days))


def points_per_unit(days: Sequence[Day]) -> float:
    """Return the factor that makes points of the values: 1 for per cent, else 100 / their own p99.

    A counter that rests nearly always has next to no p99: a thousandth of its highest value stands in for it.
    """
    if is_percent(days):
        return 1.0
    ranked = sorted(_known(days))
    return 100.0 / max(ranked[math.ceil(0.99 * len(ranked)) - 1], ranked[-1] / 1000)


def in_points(days: Sequence[Day], factor: float) -> list[Day]:
    """Return the days in points."""
    return [tuple(None if value is None else value * factor for value in day) for day in days]


def by_slot(day: Day, now: datetime) -> Day:
    """Return the values of a day that runs from `now`'s half hour on by UTC slot 0..47."""
    first = _slot(now)
    return day[SLOTS_PER_DAY - first :] + day[: SLOTS_PER_DAY - first]


def from_slot(values: Sequence[float | None], now: datetime) -> Day:
    """Return values by UTC slot as a day that runs from `now`'s half hour on."""
    first = _slot(now)
    return (*values[first:], *values[:first])


def _slot(now: datetime) -> int:
    return (now.hour * 60 + now.minute) // SLOT_MINUTES


def _half_hours(series: LoadSeries, first: datetime, end: datetime) -> list[float | None]:
    """Average the steps of each half hour; a step of an hour counts for both, once it is over."""
    step = series.step_minutes
    begin = (first - series.begins_at) // timedelta(minutes=1)
    over = (end - series.begins_at) // series.step
    found = []
    for minute in range(begin, begin + (end - first) // timedelta(minutes=1), SLOT_MINUTES):
        low = minute // step
        high = min(max(low + 1, (minute + SLOT_MINUTES) // step), over)
        known = [value for value in series.values[low:high] if value is not None and 0 <= value <= MOST]
        found.append(sum(known) / len(known) if known else None)
    return found


def _known(days: Iterable[Day]) -> list[float]:
    return [value for day in days for value in day if value is not None]
