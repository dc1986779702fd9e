"""Which runs did not come? Days without one, and weeks and months without a tagged one, as the judge counts."""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from local.world.schedule import Rules
from local.world.state import Counters, Item

GRACE = timedelta(hours=2)
"""A run may still come so long after its slot."""
TAG_PERIODS = {"weekly": timedelta(days=7), "monthly": timedelta(days=31)}


def count_overdue(item: Item, rules: Rules | None, counters: Counters, now: datetime) -> None:
    """Count the item's runs and tagged runs that are overdue at `now`."""
    if rules is not None and item.active:
        count_gaps(item, rules, counters, now - GRACE, TAG_PERIODS)
        for name in TAG_PERIODS:
            if name in rules.kept:
                item.tagged_at.setdefault(name, now)


def count_gaps(item: Item, rules: Rules, counters: Counters, until: datetime, tags: Iterable[str]) -> None:
    """Count what is missing up to `until`: a slot that came, or the horizon of what may still come."""
    if item.last_slot is not None:
        missed = _missed(until - item.last_slot, rules.period)
        counters.runs_skipped += max(0, missed - item.days_missed)
        item.days_missed = max(missed, item.days_missed)
    for name in tags:
        if name in rules.kept and name in TAG_PERIODS and (last := item.tagged_at.get(name)):
            missed = _missed(until - last, TAG_PERIODS[name])
            counters.tags_missed += missed
            item.tagged_at[name] = last + TAG_PERIODS[name] * missed


def _missed(gap: timedelta, period: timedelta) -> int:
    """Return how many runs a gap between runs swallowed: none up to one and a half periods, then one a period.

    Moving a slot forward by less than half a period is not a skipped run, it only stretches one night.
    """
    return max(0, math.ceil(gap / period - 0.5) - 1)
