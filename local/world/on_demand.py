"""What does the service do when asked for a backup now? On-demand starts."""

from datetime import timedelta

from local.clock import parse
from local.world import runs
from local.world.ailments import blocked
from local.world.failures import DAY_LIMIT
from local.world.refusals import counting, spend
from local.world.state import Operation, Refused, Vault
from local.world.world import World

BACKUP = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/backup/action"


def trigger_backup(world: World, vault: Vault, item_id: str, expires: str | None, caller: str) -> Operation:
    """Start an on-demand backup; kept until `expires` (ISO), else 30 days.

    Raises Refused: no protection, another job on the item, or nine starts in a day.
    """
    with counting(world):
        return _start(world, vault, item_id, expires, caller)


def _start(world: World, vault: Vault, item_id: str, expires: str | None, caller: str) -> Operation:
    item = world.items.get(item_id.lower())
    if item is None or not item.active:
        raise Refused(
            400, "UserErrorBcmDatasourceNotPresent", "The item is not actively protected; resume protection and retry."
        )
    if item.id.lower() in world.running:
        raise Refused(
            409, "UserErrorBackupOperationInProgress", "Another backup operation is in progress on this item."
        )
    if blocked(world, item):
        raise Refused(
            400, DAY_LIMIT, "The limit of operations in 24 hours is reached; retry after that, or contact support."
        )
    spend(world, "backup", item.id, world.limits.backups_per_item_day)
    kept_until = parse(expires) if expires else world.now + timedelta(days=30)
    job = world.start_backup(item, None, kept_until)
    if job is None:
        raise Refused(400, "UserErrorVmNotFoundV2", "Virtual machine doesn't exist.")
    world.record(item.id, BACKUP, caller)
    operation = Operation(
        id=runs.guid(world.seed, "operation", len(world.operations)),
        item_id=item.id.lower(),
        vault_id=vault.id.lower(),
        started_at=world.now,
        status="Succeeded",
        ended_at=world.now,
        job_id=job.id,
    )
    world.operations[operation.id] = operation
    return operation
