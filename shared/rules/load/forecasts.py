"""What will the next day's load be? Two baselines and two steadier forecasts from the days before."""

from collections.abc import Callable, Sequence

from shared.rules.load.days import Day, usable

type Forecast = Callable[[Sequence[Day]], Day | None]
"""From the days before (oldest first) to the next day, or None where they do not suffice."""

QUANTILE = 2 / 3
"""Overestimates may be twice as large as underestimates (10 and 5 points): the value that two thirds stay below."""
RECENT = range(1, 8)
WEEKDAYS = (7, 14, 21)


def yesterday(days: Sequence[Day]) -> Day | None:
    """Expect what was a day ago."""
    return _back(days, 1)


def last_week(days: Sequence[Day]) -> Day | None:
    """Expect what was on the same weekday a week ago."""
    return _back(days, 7)


def usual_day(days: Sequence[Day]) -> Day | None:
    """Expect what is usual at this time of day, from at least three of the last seven days."""
    return _usual([_back(days, back) for back in RECENT], least=3)


def usual_weekday(days: Sequence[Day]) -> Day | None:
    """Expect what is usual at this time of this weekday, from at least two of the last three weeks."""
    return _usual([_back(days, back) for back in WEEKDAYS], least=2)


FORECASTS: tuple[tuple[str, Forecast], ...] = (
    ("the day before", yesterday),
    ("the same weekday last week", last_week),
    ("its usual day", usual_day),
    ("its usual weekday", usual_weekday),
)
"""The baselines first: where two do equally well, the earlier one is used."""


def _back(days: Sequence[Day], count: int) -> Day | None:
    return days[-count] if count <= len(days) and usable(days[-count]) else None


def _usual(found: Sequence[Day | None], least: int) -> Day | None:
    days = [day for day in found if day is not None]
    return tuple(_quantile(values) for values in zip(*days, strict=True)) if len(days) >= least else None


def _quantile(values: Sequence[float | None]) -> float | None:
    """Return the quantile, interpolated between ranks."""
    ranked = sorted(value for value in values if value is not None)
    if not ranked:
        return None
    rank = QUANTILE * (len(ranked) - 1)
    low = int(rank)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (rank - low)
