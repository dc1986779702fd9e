"""How often are recovery points read? Each read with its hour, item and subscription, in memory or by the ARM's log."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local.clock import parse
from local.world import World
from shared.model.azure import ProtectedItem, RecoveryPoint, Vault
from shared.ports import Vaults

HOUR = timedelta(hours=1)
MOST_AN_HOUR = 300
"""Of one action, in any hour and a subscription: the provider's limit."""


@dataclass(slots=True)
class Reads:
    """When points were read, by subscription and by item (lower-cased ids), in order."""

    by_subscription: defaultdict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    by_item: defaultdict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def note(self, item_id: str, at: datetime) -> None:
        """Count one read of an item's points."""
        named = item_id.lower()
        self.by_subscription[named.split("/")[2]].append(at)
        self.by_item[named].append(at)

    @property
    def total(self) -> int:
        """Count all reads."""
        return sum(map(len, self.by_subscription.values()))

    def most_in_an_hour(self) -> int:
        """Return the most reads of one subscription in any hour."""
        return max((most for ats in self.by_subscription.values() for _, most in _sliding(ats)), default=0)

    def hours_over(self, limit: int = MOST_AN_HOUR) -> int:
        """Count the hours, by subscription, in which more than `limit` reads had happened within the last hour."""
        over = Counter[tuple[str, datetime]]()
        for subscription, ats in self.by_subscription.items():
            for at, count in _sliding(ats):
                if count > limit:
                    over[subscription, at.replace(minute=0, second=0, microsecond=0)] += 1
        return len(over)


class CountedVaults:
    """A Vaults port whose reads of points are counted, those that fail or are lost included."""

    def __init__(self, vaults: Vaults, world: World) -> None:
        self.reads = Reads()
        self._vaults = vaults
        self._world = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._vaults, name)

    def recovery_points(
        self, vault: Vault, item: ProtectedItem, since: datetime, until: datetime
    ) -> list[RecoveryPoint]:
        """List the item's recovery points, and count that."""
        self.reads.note(item.id, self._world.now)
        return self._vaults.recovery_points(vault, item, since, until)


def from_log(log: Iterable[Mapping[str, Any]]) -> Reads:
    """Return the reads that the pretend ARM's access log holds, refused ones included."""
    reads = Reads()
    for entry in log:
        path = str(entry["path"]).lower()
        if entry["method"] == "GET" and path.endswith("/recoverypoints"):
            reads.note(path.removesuffix("/recoverypoints"), parse(entry["at"]))
    return reads


def _sliding(ats: list[datetime]) -> Iterable[tuple[datetime, int]]:
    """Yield each instant with how many were within the hour up to it."""
    first = 0
    for index, at in enumerate(ats):
        while ats[first] <= at - HOUR:
            first += 1
        yield at, index - first + 1
