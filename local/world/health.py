"""Which health events did a vault's backups make? One at the end of each job, in the words of Azure's metric."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from local.world.world import World

OURS = frozenset({"CloudInternalError"})
"""Errors of the service; all others are the user's."""
WORKLOAD = "Microsoft.Compute/virtualMachines"


@dataclass(frozen=True, slots=True)
class HealthEvent:
    """One backup that ended: when, of which VM, and how."""

    at: datetime
    vm_id: str
    health: str


def health_events(world: World, vault_id: str, since: datetime, until: datetime) -> Iterator[HealthEvent]:
    """Yield the events of [since, until), in the order of the jobs' ends; an error that comes again is persistent."""
    ended = [job for job in world.jobs_in(vault_id) if job.operation == "Backup" and job.ended_at is not None]
    last: dict[str, str] = {}
    for job in sorted(ended, key=lambda job: (job.ended_at or until, job.id)):
        health = _health(job.error, last.get(job.vm_id, ""))
        last[job.vm_id] = job.error
        if job.ended_at is not None and since <= job.ended_at < until:
            yield HealthEvent(job.ended_at, job.vm_id, health)


def _health(error: str, before: str) -> str:
    if not error:
        return "Healthy"
    return f"{'Persistent' if error == before else 'Transient'} {'Unhealthy' if error in OURS else 'Degraded'}"
