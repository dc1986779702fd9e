"""Which loads do the tests of load look at? Small series with a known shape, hourly unless they say otherwise."""

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from shared.model.load import LoadSeries

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday noon."""

type Shape = Callable[[datetime], float | None]


def series(shape: Shape, days: float = 28, step: int = 60, until: datetime = NOW) -> LoadSeries:
    """The load by `shape` over the days before `until`."""
    count = int(days * 24 * 60 / step)
    begins = until - count * timedelta(minutes=step)
    return LoadSeries(
        "vm", begins, step, tuple(shape(begins + index * timedelta(minutes=step)) for index in range(count))
    )


def hill(at: datetime, peak: float = 14, width: float = 4) -> float:
    """1 at the peak hour of each day, 0 far from it."""
    distance = abs(at.hour + at.minute / 60 - peak)
    return math.exp(-((min(distance, 24 - distance) / width) ** 2))


def office(at: datetime) -> float:
    """Busy by day, at 5 % in the night."""
    return 5 + 50 * hill(at)


def noisy(shape: Callable[[datetime], float], points: float = 1.0) -> Shape:
    """The shape with noise that is the same for each instant."""
    return lambda at: max(0.0, shape(at) + random.Random(at.isoformat()).gauss(0, points))
