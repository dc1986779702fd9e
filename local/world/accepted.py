"""How is accepted work remembered? Operations that end by themselves after a while."""

from datetime import timedelta

from local.world import runs
from local.world.state import Operation
from local.world.world import World


def accept(world: World, scope: str, takes: timedelta, *, resource_id: str = "", job_id: str = "") -> Operation:
    """Return an operation that succeeds after `takes`.

    `scope` is the id of the vault below which it is asked for, or of the location; `resource_id` is what its result
    shows.
    """
    operation = Operation(
        id=runs.guid(world.seed, "operation", len(world.operations)),
        item_id=resource_id.lower(),
        vault_id=scope.lower(),
        started_at=world.now,
        job_id=job_id,
    )
    world.operations[operation.id] = operation
    world.after(takes, "done", operation.id)
    return operation
