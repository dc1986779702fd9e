"""What does the service do when asked to cancel a job? Only a backup that still takes its snapshot can be."""

from datetime import timedelta

from local.world import runs
from local.world.refusals import counting
from local.world.state import Job, Operation, Refused, Vault
from local.world.world import World

CANCEL = "Microsoft.RecoveryServices/vaults/backupJobs/cancel/action"
_TAKES = timedelta(seconds=40)


def cancel_job(world: World, vault: Vault, job: Job, caller: str) -> Operation:
    """Begin to cancel a job: Cancelling at once, Cancelled within a minute, and no recovery point.

    Raises Refused: the job has ended, or is past its snapshot. The codes are ours: no recording shows the service's.
    """
    with counting(world):
        _refuse(world, job)
    job.status = "Cancelling"
    operation = Operation(
        id=runs.guid(world.seed, "operation", len(world.operations)),
        item_id="",
        vault_id=vault.id.lower(),
        started_at=world.now,
        job_id=job.id,
    )
    world.operations[operation.id] = operation
    world.at(world.now + _TAKES, "cancelled", operation.id)
    world.record(f"{vault.id}/backupJobs/{job.id}", CANCEL, caller)
    return operation


def _refuse(world: World, job: Job) -> None:
    if job.status != "InProgress":
        raise Refused(400, "UserErrorJobNotInProgress", f"The job is not in progress; its status is {job.status}.")
    if job.operation != "Backup" or job.snapshot_ends is None or job.snapshot_ends <= world.now:
        raise Refused(400, "UserErrorJobNotCancellable", "The job is not in a cancelable state.")
