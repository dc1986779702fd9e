"""Which runs never came? Days without a run, and weeks and months without a tagged one, as the judge counts them."""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from local.world.schedule import Rules
from local.world.state import Item

if TYPE_CHECKING:
    from local.world.world import World

_GRACE = timedelta(hours=2)
"""How long after its slot a run may still come."""
_TAG_PERIODS = {"weekly": timedelta(days=7), "monthly": timedelta(days=31)}


def count_overdue(world: "World") -> None:
    """Count the runs and tagged runs of all items that are overdue by now."""
    horizon = world.now - _GRACE
    for item in world.items.values():
        rules = world.rules_of(item)
        if rules is not None and item.active:
            count_gaps(world, item, rules, horizon, _TAG_PERIODS)


def count_gaps(world: "World", item: Item, rules: Rules, until: datetime, tags: Iterable[str]) -> None:
    """Count what is missing up to `until`: a slot that came, or the horizon of what may still come."""
    if item.last_slot is not None:
        missed = _missed(until - item.last_slot, rules.period)
        world.counters.runs_skipped += max(0, missed - item.days_missed)
        item.days_missed = max(missed, item.days_missed)
    for name in tags:
        if name not in rules.kept or name not in _TAG_PERIODS:
            continue
        last = item.tagged_at.setdefault(name, world.now)
        missed = _missed(until - last, _TAG_PERIODS[name])
        world.counters.tags_missed += missed
        item.tagged_at[name] = last + _TAG_PERIODS[name] * missed


def _missed(gap: timedelta, period: timedelta) -> int:
    """Return how many runs a gap between runs swallowed: none up to one and a half periods, then one a period.

    Moving a slot forward by less than half a period is not a skipped run, it only stretches one night.
    """
    return max(0, math.ceil(gap / period - 0.5) - 1)
