"""How late does Azure start backups, and how many run at once because of that? Learned delays, the peak they make."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from operator import add
from random import Random

from shared.model.azure import SLOT_MINUTES, SLOTS_PER_DAY, START_LATENESS

MINUTE = timedelta(minutes=1)
DAY_MINUTES = SLOTS_PER_DAY * SLOT_MINUTES
ENOUGH_RUNS = 30
"""Fewer runs than this say too little: Azure's documented lateness is used, all of it equally likely."""
LONGEST_DELAY = 2 * START_LATENESS
"""A run that starts later than this was not late: it was asked for by hand, or made up for a missed one."""
DRAWS, FEWEST_NIGHTS, MOST_NIGHTS = 4_000_000, 200, 2_000
"""How many delays `peak_p99` draws in all, and how many nights it plays at least and at most."""
FEW = 300
"""Up to so many backups their starts and ends are sorted, which takes less time than looking at every minute."""


@dataclass(frozen=True, slots=True)
class StartDelays:
    """Delays in minutes, sorted, and how many runs they rest on (0: the documented lateness)."""

    minutes: tuple[float, ...]
    measured: int


def uniform(longest: float) -> tuple[float, ...]:
    """Return the sample of delays that stands for any delay from 0 to `longest` minutes being equally likely."""
    return tuple(minute + 0.5 for minute in range(max(1, round(longest))))


def learn(runs: Iterable[tuple[datetime, datetime]]) -> StartDelays:
    """Learn the delays from past runs, each (scheduled start, start).

    Runs that started before their schedule, or later than LONGEST_DELAY after it, were not started by it and are left
    out; fewer than ENOUGH_RUNS others say too little.
    """
    late = (started - scheduled for scheduled, started in runs)
    minutes = tuple(sorted(delay / MINUTE for delay in late if timedelta() <= delay < LONGEST_DELAY))
    if len(minutes) < ENOUGH_RUNS:
        return StartDelays(uniform(START_LATENESS / MINUTE), measured=0)
    return StartDelays(minutes, measured=len(minutes))


def by_minute(delays: Sequence[float]) -> list[float]:
    """Return the share of the delays that falls into each minute, from minute 0 to the last that has any."""
    shares = [0.0] * (int(max(delays)) + 1)
    for delay in delays:
        shares[int(delay)] += 1 / len(delays)
    return shares


def peak_p99(starts: Sequence[int], durations: Sequence[int], delays: Sequence[float]) -> int:
    """Return how many backups of one region run at once at most, in 99 of 100 nights.

    `starts` and `durations` are half-hour slots on the ring of a day, one each a backup; every one starts late by one
    of `delays`, sorted minutes, whatever the others do. The nights are drawn by lot, always the same ones: 2,000 for
    up to 2,000 backups, 200 for 20,000 and more. So the result is the peak of some night between 98.5 and 99.5 (200
    nights: 97.5 and 99.9) of 100, which is within a quarter of the standard deviation of a night's peak.
    """
    runs = sorted(zip(starts, durations, strict=True))
    if not runs:
        return 0
    begins = [start * SLOT_MINUTES for start, _ in runs]
    ends = [(start + duration) * SLOT_MINUTES for start, duration in runs]
    late = _quantiles(delays)
    lot = Random(len(runs))
    nights = min(MOST_NIGHTS, max(FEWEST_NIGHTS, DRAWS // len(runs)))
    peak = _peak_of_few if len(runs) <= FEW else _peak
    peaks = sorted(peak(begins, ends, lot.randbytes(len(runs)).translate(late)) for _ in range(nights))
    return peaks[math.ceil(0.99 * nights) - 1]


def _quantiles(delays: Sequence[float]) -> bytes:
    """Return 256 equally likely delays in whole minutes, so that a random byte draws one."""
    return bytes(int(delays[int((index + 0.5) / 256 * len(delays))]) for index in range(256))


def _peak(begins: Sequence[int], ends: Sequence[int], late: bytes) -> int:
    """Return the most runs at once, minute by minute; what runs past midnight runs into the next day's runs."""
    change = [0] * (3 * DAY_MINUTES)
    for minute in map(add, begins, late):
        change[minute] += 1
    for minute in map(add, ends, late):
        change[minute] -= 1
    running = list(accumulate(change))
    first, second, third = (running[day * DAY_MINUTES : (day + 1) * DAY_MINUTES] for day in range(3))
    return max(map(sum, zip(first, second, third, strict=True)))


def _peak_of_few(begins: Sequence[int], ends: Sequence[int], late: bytes) -> int:
    """Return what `_peak` does, from the sorted starts and ends: twice the minute, and one more for a start."""
    opened: list[int] = [minute % DAY_MINUTES * 2 + 1 for minute in map(add, begins, late)]
    closed: list[int] = [minute % DAY_MINUTES * 2 for minute in map(add, ends, late)]
    peak = running = sum(begin > end for begin, end in zip(opened, closed, strict=True))
    for event in sorted(opened + closed):
        if event % 2:
            running += 1
            if running > peak:
                peak = running
        else:
            running -= 1
    return peak
