"""Whose points are looked at next? Each VM's once a week, and sooner where its last run left none."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, zip_longest

WEEK = timedelta(days=7)
EARLY = timedelta(minutes=45)
"""A look may come so much before its week is over: ticks come by the hour, and the week must not drift."""
LONG_AGO = timedelta(days=20_000)
"""Longer than any look can be past."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """The VMs whose last run left no point, as it was seen at an instant."""

    at: datetime
    vm_ids: Collection[str] = ()


def turns(
    vm_ids: Collection[str], looked: Mapping[str, datetime], suspicion: Suspicion, now: datetime
) -> tuple[str, ...]:
    """Return the VMs that are due, in the order in which they are looked at.

    Those under suspicion that were not looked at since come first, and take every other turn: where there are ever more
    of them, the others are not forgotten. These are those that never were looked at, and then the longest ago.
    `looked` has when each was looked at last.
    """

    def last(vm_id: str) -> datetime:
        return looked.get(vm_id, now - LONG_AGO)

    def longest_ago_first(found: Iterable[str]) -> list[str]:
        return sorted(found, key=lambda vm_id: (last(vm_id), vm_id))

    suspects = {vm_id for vm_id in suspicion.vm_ids if vm_id in vm_ids and last(vm_id) < suspicion.at}
    due = [vm_id for vm_id in vm_ids if last(vm_id) <= now - WEEK + EARLY and vm_id not in suspects]
    pairs = zip_longest(longest_ago_first(suspects), longest_ago_first(due))
    return tuple(vm_id for vm_id in chain.from_iterable(pairs) if vm_id is not None)


def next_turn(looked: Mapping[str, datetime], now: datetime) -> datetime:
    """Return when the next VM is due, where none is now and nobody comes under suspicion meanwhile."""
    return min((at + WEEK - EARLY for at in looked.values()), default=now + WEEK)


def waiting(vm_ids: Collection[str], looked: Mapping[str, datetime], now: datetime) -> int:
    """Count the VMs that nobody looked at within the last week, and an hour for the tick that is due."""
    return sum(looked.get(vm_id, now - LONG_AGO) < now - WEEK - timedelta(hours=1) for vm_id in vm_ids)
