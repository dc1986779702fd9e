"""What did a job come to? Ended jobs as successes and as failures."""

from datetime import datetime

from shared.model.azure import BackupPolicy, Job, JobError, ProtectedItem
from shared.model.failures import Failure, Kind, Success
from shared.rules.error_codes import known
from shared.rules.scheduled_runs import scheduled_start

BACKUP = "Backup"
COMPLETED = "completed"
_KINDS = {"completedwithwarnings": Kind.WARNINGS, "cancelled": Kind.CANCELLED, "canceled": Kind.CANCELLED}
NO_ERROR = JobError(0, "", "")


def outcome(job: Job, item: ProtectedItem | None, policy: BackupPolicy | None = None) -> Failure | Success | None:
    """Return what an ended job came to; None for one that still runs, and for success that is no backup.

    `item` is the job's, None where it is not known: then the job's container stands for item and VM. `policy` is the
    item's, and tells which scheduled run the job was. A status that is no success and not known counts as failed.
    """
    vm_id, item_id = (item.vm_id, item.id) if item else (job.container or job.vm_name.lower(), job.container)
    status = job.status.lower()
    if job.running or (status == COMPLETED and job.operation != BACKUP):
        return None
    if status == COMPLETED:
        return Success(vm_id=vm_id, job_id=job.name, started_at=job.started_at)
    error = _decisive(job)
    return Failure(
        kind=_KINDS.get(status, Kind.FAILED),
        vm_id=vm_id,
        vm_name=job.vm_name or (item.name if item else ""),
        item_id=item_id,
        vault_id=job.vault_id,
        started_at=job.started_at,
        ended_at=job.ended_at,
        scheduled_for=_scheduled_for(job, policy),
        job_id=job.name,
        operation=job.operation,
        code=error.code,
        name=error.title,
        text=error.text,
        recommendations=error.recommendations,
        retryable=error.retryable,
        user_triggered=job.user_triggered,
    )


def _decisive(job: Job) -> JobError:
    """Return the job's first error that is known, else its first one."""
    found = (error for error in job.errors if known(error.code, error.title, error.text))
    return next(found, job.errors[0] if job.errors else NO_ERROR)


def _scheduled_for(job: Job, policy: BackupPolicy | None) -> datetime | None:
    if policy is None or job.operation != BACKUP or job.user_triggered:
        return None
    return scheduled_start(policy, job.started_at)
