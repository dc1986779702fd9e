"""What does the service do when asked to cancel a job? It does so until a snapshot is taken or a machine is built."""

from datetime import timedelta

from local.world import restores, runs
from local.world.accepted import accept
from local.world.refusals import counting
from local.world.state import Job, Operation, Refused, Vault
from local.world.world import World

CANCEL = "Microsoft.RecoveryServices/vaults/backupJobs/cancel/action"
_TAKES = timedelta(seconds=40)


def cancel_job(world: World, vault: Vault, job: Job, caller: str) -> Operation:
    """Begin to cancel a job: Cancelling at once, Cancelled within a minute, and no recovery point.

    Raises Refused: the job has ended, is past its snapshot, or builds a machine. The codes are ours: no recording shows
    the service's.
    """
    with counting(world):
        _refuse(world, job)
    job.status = "Cancelling"
    world.record(f"{vault.id}/backupJobs/{job.id}", CANCEL, caller)
    if job.operation == "Restore":
        world.after(_TAKES, "then", restores.cancelled, job.id)
        return accept(world, vault.id, _TAKES, job_id=job.id)
    operation = Operation(
        id=runs.guid(world.seed, "operation", len(world.operations)),
        item_id="",
        vault_id=vault.id.lower(),
        started_at=world.now,
        job_id=job.id,
    )
    world.operations[operation.id] = operation
    world.at(world.now + _TAKES, "cancelled", operation.id)
    return operation


def _refuse(world: World, job: Job) -> None:
    if job.status != "InProgress":
        raise Refused(400, "UserErrorJobNotInProgress", f"The job is not in progress; its status is {job.status}.")
    snapping = job.operation == "Backup" and job.snapshot_ends is not None and job.snapshot_ends > world.now
    if not snapping and not restores.cancellable(world, job):
        raise Refused(400, "UserErrorJobNotCancellable", "The job is not in a cancelable state.")
