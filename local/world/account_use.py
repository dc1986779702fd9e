"""How busy were storage accounts? What Azure Monitor counts of them: their other load, and the restores they take."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from local.world import accounts, transfers
from local.world.resources import Restore, StorageAccount
from local.world.world import World

_HOUR = timedelta(hours=1)
_MOST_REQUESTS = 20_000
"""A second, at full load."""
_MOST_BYTES = 25e9 / 8
"""Of ingress a second, at full load; half as many leave."""
_MB = 1024 * 1024
_MB_A_REQUEST = 4.0
_QUIET_MS = 5.0
_THROTTLES_ABOVE = 0.6
_THROTTLED = 0.05


@dataclass(slots=True)
class Use:
    """What happened in one account: requests, throttled ones among them, bytes, and the mean latency in ms."""

    requests: float = 0.0
    throttled: float = 0.0
    ingress: float = 0.0
    egress: float = 0.0
    latency_ms: float = _QUIET_MS


def uses(world: World, wanted: Iterable[StorageAccount], since: datetime, until: datetime) -> dict[str, Use]:
    """Return the use of each account in [since, until) up to now, by its lower-cased id."""
    until, coming = min(until, world.now), defaultdict[str, float](float)
    for restore in world.restores.values():
        coming[restore.account_id] += _arrived(world, restore, since, until)
    return {
        account.id.lower(): _use(world, account, coming[account.id.lower()], list(_hours(since, until)))
        for account in wanted
    }


def _use(world: World, account: StorageAccount, restored_mb: float, hours: list[tuple[datetime, float]]) -> Use:
    found, weighed, length = Use(), 0.0, 0.0
    for at, seconds in hours:
        share = accounts.busy(world, account, at)
        requests = share * _MOST_REQUESTS * seconds
        found.requests += requests
        found.throttled += requests * max(0.0, share - _THROTTLES_ABOVE) * _THROTTLED
        found.ingress += share * _MOST_BYTES * seconds
        found.egress += share * _MOST_BYTES * seconds / 2
        weighed, length = weighed + seconds * _QUIET_MS / (1 - share), length + seconds
    found.requests += restored_mb / _MB_A_REQUEST
    found.ingress += restored_mb * _MB
    found.latency_ms = weighed / length if length else _QUIET_MS
    return found


def _hours(since: datetime, until: datetime) -> Iterator[tuple[datetime, float]]:
    """Yield the parts of [since, until) that lie in one hour each, with their seconds."""
    while since < until:
        ends = min(until, since.replace(minute=0, second=0, microsecond=0) + _HOUR)
        yield since, (ends - since).total_seconds()
        since = ends


def _arrived(world: World, restore: Restore, since: datetime, until: datetime) -> float:
    """Return the MB of a restore that came in [since, until), as if all of them came at one speed."""
    job = world.jobs[restore.job_id]
    ends = job.ended_at or world.now
    common = (min(ends, until) - max(job.started_at, since)).total_seconds()
    whole = (ends - job.started_at).total_seconds()
    return transfers.arrived(restore, world.now) * common / whole if common > 0 and whole > 0 else 0.0
