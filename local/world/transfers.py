"""How fast do restored data come from the vault? As fast as the target account and its other restores let them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from local.world import accounts
from local.world.resources import Restore
from local.world.world import World

type Arrival = Callable[[World, Restore], None]
"""What happens when all that will arrive has arrived."""

_HOUR = timedelta(hours=1)
_ENOUGH_MB = 0.01


def share(world: World, account_id: str, arrival: Arrival) -> None:
    """Divide what the account takes among the restores that copy to it; called when one begins or ends.

    The account's other load changes by the hour, so the share is looked at again then.
    """
    account = accounts.find(world, account_id)
    restores = [one for one in world.restores.values() if one.account_id == account_id]
    copying = [one for one in restores if one.phase == "copying" and one.size_mb]
    for one in copying:
        one.moved_mb = arrived(one, world.now)
        taken = accounts.busy(world, account, world.now) if account else 0.0
        one.rate = one.speed * (1 - taken) / len(copying)
        one.looked_at, one.generation = world.now, one.generation + 1
        ends = world.now + timedelta(seconds=max(0.0, one.until_mb - one.moved_mb) / one.rate)
        next_hour = world.now.replace(minute=0, second=0, microsecond=0) + _HOUR
        world.at(min(ends, next_hour), "then", _look, one.job_id, one.generation, arrival)


def arrived(restore: Restore, at: datetime) -> float:
    """Return the MB that have arrived by `at`."""
    seconds = (at - restore.looked_at).total_seconds() if restore.phase == "copying" else 0.0
    return min(restore.moved_mb + restore.rate * seconds, restore.until_mb)


def _look(world: World, job_id: str, generation: int, arrival: Arrival) -> None:
    restore = world.restores[job_id]
    if restore.generation != generation or restore.phase != "copying":
        return
    if arrived(restore, world.now) >= restore.until_mb - _ENOUGH_MB:
        arrival(world, restore)
    else:
        share(world, restore.account_id, arrival)
