"""Which recovery points does an item have, and when are they dropped? The retention physics.

A point is judged by the item's *current* policy: moving an item to a policy that keeps less drops existing points about
a day later. Points dropped before the longest retention they were ever promised are what the judge counts.
"""

from datetime import datetime, timedelta

from local.world import runs
from local.world.limits import Pace
from local.world.schedule import Rules
from local.world.state import Item, Job, Point, Vm

_FOREVER = timedelta(days=36500)
_OFF = frozenset({"stopped", "deallocated"})


def taken(seed: int, job: Job, vm: Vm, rules: Rules | None) -> Point:
    """Return the point that a job's snapshot makes; nothing in a machine that is off can be made consistent."""
    usual = "AppConsistent" if vm.os_type == "Windows" else "FileSystemConsistent"
    return Point(
        id=runs.number(seed, job.id),
        at=job.started_at + timedelta(seconds=4),
        tags=job.tags,
        policy_type=rules.policy_type if rules else "V1",
        consistency="CrashConsistent" if vm.power in _OFF else usual,
        promised=job.expires or job.started_at,
        kept_until=job.expires,
        slot=job.scheduled_for,
    )


def keeps(point: Point, rules: Rules | None) -> datetime:
    """Return when `point` expires under `rules`; without a policy (protection stopped) points are kept for ever.

    A class that the policy lacks keeps nothing; a point without a class is a snapshot, kept the instant-restore days.
    """
    if point.kept_until is not None:
        return point.kept_until
    if rules is None:
        return point.at + _FOREVER
    if not point.tags:
        return point.at + timedelta(days=rules.instant_days)
    days = max((rules.kept.get(name, 0) for name in point.tags), default=0)
    return point.at + timedelta(days=days)


def add(item: Item, point: Point, rules: Rules | None) -> None:
    """Add a point to the item, promised what the item's policy gives it now."""
    item.points.append(point)
    point.promised = max(point.promised, keeps(point, rules))
    item.last_point_at = max(point.at, item.last_point_at or point.at)
    _look_again(item, keeps(point, rules))


def promise(item: Item, rules: Rules | None) -> None:
    """Let every point hope for what `rules` keep; called when an item's policy is set or edited.

    A stopped item promises nothing beyond what was promised before.
    """
    if rules is None:
        return
    for point in item.points:
        expires = keeps(point, rules)
        point.promised = max(point.promised, expires)
        _look_again(item, expires)


def sweep(item: Item, rules: Rules | None, now: datetime, pace: Pace) -> list[Point]:
    """Drop points that outlived their retention long enough ago; return those that were dropped.

    The newest point is always kept.
    """
    if item.check_at is None or item.check_at > now:
        return []
    newest = max(item.points, key=lambda point: point.at, default=None)
    kept: list[Point] = []
    dropped: list[Point] = []
    item.check_at = None
    for point in item.points:
        expires = keeps(point, rules)
        if expires > now or point is newest:
            point.condemned = None
        elif point.condemned is None:
            point.condemned = now
        elif now - point.condemned >= pace.prune_after:
            dropped.append(point)
            continue
        kept.append(point)
        _look_again(item, expires)
    item.points = kept
    return dropped


def tiers(point: Point, rules: Rules | None, now: datetime) -> list[tuple[str, str]]:
    """Return the (type, status) pairs of a point at `now`."""
    instant_days = rules.instant_days if rules else 2
    fresh = now < point.at + timedelta(days=instant_days)
    found = [("InstantRP", "Valid" if fresh else "Deleted")] if fresh or not point.vaulted else []
    return [*found, ("HardenedRP", "Valid")] if point.vaulted else found


def _look_again(item: Item, at: datetime) -> None:
    item.check_at = at if item.check_at is None else min(item.check_at, at)
