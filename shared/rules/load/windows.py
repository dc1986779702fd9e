"""Which window of a day is the quietest, and was it the right one? Definitions and bounds after Seagull.

Poppe et al., "Seagull: An Infrastructure for Load Prediction and Optimized Resource Allocation", PVLDB 14(2), 2021.
"""

import math
from collections.abc import Sequence
from itertools import accumulate

from shared.model.azure import SLOT_MINUTES, SLOTS_PER_DAY
from shared.model.load import ACCEPTABLE_ABOVE
from shared.rules.load.days import Day

ACCEPTABLE_BELOW = 5.0
"""Points that a forecast may lie below the true load; it may lie ACCEPTABLE_ABOVE: underestimated load is worse."""
ACCURATE = 0.9
"""Share of forecast values inside these bounds (the bucket ratio) from which on a forecast is accurate."""
KNOWN = 0.75
"""A window of which less was measured has no mean."""


def slots_of(hours: float) -> int:
    """Return how many half hours a window of `hours` takes; ValueError outside (0, 24]."""
    if not 0 < hours <= 24:
        raise ValueError(f"hours: must be above 0 and at most 24, not {hours}")
    return math.ceil(hours * 60 / SLOT_MINUTES)


def window_means(day: Day, length: int) -> list[float | None]:
    """Return the mean of each window of `length` half hours inside the day, by its start."""
    sums = [0.0, *accumulate(value or 0.0 for value in day)]
    counts = [0, *accumulate(value is not None for value in day)]
    ends = range(length, SLOTS_PER_DAY + 1)
    if counts[-1] == SLOTS_PER_DAY:
        return [(sums[end] - sums[end - length]) / length for end in ends]
    known = [counts[end] - counts[end - length] for end in ends]
    return [
        (sums[end] - sums[end - length]) / count if count >= KNOWN * length else None
        for end, count in zip(ends, known, strict=True)
    ]


def spread(day: Day, length: int) -> tuple[float, float]:
    """Return the means of the quietest and of the busiest window of a day that was measured well enough to be used."""
    known = [mean for mean in window_means(day, length) if mean is not None]
    return min(known), max(known)


def acceptable(forecast: float, true: float) -> bool:
    """Tell whether a forecast value is within the acceptable error."""
    return -ACCEPTABLE_BELOW <= forecast - true <= ACCEPTABLE_ABOVE


def accurate(forecast: Sequence[float | None], true: Sequence[float | None]) -> bool:
    """Tell whether the bucket ratio over the half hours that both know is high enough."""
    inside = [acceptable(f, t) for f, t in zip(forecast, true, strict=True) if f is not None and t is not None]
    return bool(inside) and sum(inside) >= ACCURATE * len(inside)
