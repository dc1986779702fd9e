"""How many backups ran at once? Step curves and peaks of observed runs."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from shared.model.azure import SLOT_MINUTES, SLOTS_PER_DAY
from shared.model.night import Run


def curve(runs: Iterable[Run]) -> list[tuple[datetime, int]]:
    """Return the step curve as (instant, runs from this instant on), in time order.

    A run counts from its start up to, not including, its end; one without an end counts for ever.
    """
    changes: Counter[datetime] = Counter()
    for run in runs:
        changes[run.started_at] += 1
        if run.ended_at is not None:
            changes[run.ended_at] -= 1
    steps, running = [], 0
    for instant in sorted(changes):
        running += changes[instant]
        steps.append((instant, running))
    return steps


def peak_by_region(runs: Iterable[Run]) -> dict[str, int]:
    """Return the most runs at once in each region, by region name."""
    by_region: defaultdict[str, list[Run]] = defaultdict(list)
    for run in runs:
        by_region[run.region].append(run)
    return {region: max(count for _, count in curve(by_region[region])) for region in sorted(by_region)}


def peak(runs: Iterable[Run]) -> int:
    """Return the sum of the regions' peaks: regions do not share a service, so their peaks add."""
    return sum(peak_by_region(runs).values())


def busiest_by_slot(runs: Iterable[Run], begins_at: datetime) -> list[int]:
    """Return the most runs at once in each of the 48 half-hours from `begins_at` on."""
    slot = timedelta(minutes=SLOT_MINUTES)
    busiest = [0] * SLOTS_PER_DAY
    for (since, count), (until, _) in pairwise([*curve(runs), (begins_at + SLOTS_PER_DAY * slot, 0)]):
        first = max(0, (since - begins_at) // slot)
        after_last = min(SLOTS_PER_DAY, -((begins_at - until) // slot))
        for index in range(first, after_last):
            busiest[index] = max(busiest[index], count)
    return busiest
