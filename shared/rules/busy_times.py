"""Who else is backed up while a backup would run? What runs now, what the plan has due, and how many at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.model.azure import START_LATENESS, Job
from shared.model.on_demand import OnDemandBackup, Stage
from shared.model.plan import VmPlan
from shared.rules.due_runs import LISTING_LAG
from shared.rules.durations import PRIOR_MINUTES
from shared.rules.job_outcomes import BACKUP
from shared.rules.slots import DAY, SLOT, last_start
from shared.rules.start_delay import LONGEST_DELAY

type JobsOf = Mapping[str, Sequence[Job]]
"""The jobs of VMs, by their ids."""


@dataclass(frozen=True, slots=True)
class Busy:
    """A VM's backup that runs, or may run, at some moments of [`begins`, `ends`), UTC."""

    vm_id: str
    vault_id: str
    region: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Others:
    """What is known of the backups of all VMs: their jobs, the plan's `lines`, and what is `asked` for on demand."""

    jobs: JobsOf
    lines: tuple[VmPlan, ...] = ()
    asked: tuple[OnDemandBackup, ...] = ()

    @property
    def minutes(self) -> dict[str, float]:
        """How long each VM's backup takes (p95)."""
        return {line.vm_id: line.minutes for line in self.lines}


def busy(others: Others, regions: Mapping[str, str], at: datetime, until: datetime) -> tuple[Busy, ...]:
    """Return the backups that run, or may run, in [at, until). `regions` are those of the vaults, by id."""
    found = (*_running(others, regions, at), *_just_sent(others, regions, at), *_due(others, at, until))
    return tuple(one for one in found if one.begins < until and one.ends > at)


def most_at_once(found: Iterable[Busy], at: datetime, until: datetime) -> int:
    """Return how many VMs at most are backed up at one moment of [at, until)."""
    spans = list(found)
    moments = {at, *(one.begins for one in spans if at < one.begins < until)}
    return max(len({one.vm_id for one in spans if one.begins <= moment < one.ends}) for moment in moments)


def _running(others: Others, regions: Mapping[str, str], at: datetime) -> Iterator[Busy]:
    """A job that has taken longer than expected is taken to need another half hour."""
    minutes = others.minutes
    for vm_id, jobs in others.jobs.items():
        for job in jobs:
            if job.operation == BACKUP and job.running:
                ends = max(job.started_at + _length(minutes, vm_id), at + SLOT)
                yield Busy(vm_id, job.vault_id, regions.get(job.vault_id, ""), job.started_at, ends)


def _just_sent(others: Others, regions: Mapping[str, str], at: datetime) -> Iterator[Busy]:
    """What was sent for shows in lists some minutes later."""
    minutes = others.minutes
    for one in others.asked:
        if one.stage is Stage.SENT and one.sent_at is not None and at < one.sent_at + LISTING_LAG:
            vm_id, vault_id = one.wanted.vm_id, one.wanted.vault_id
            ends = one.sent_at + _length(minutes, vm_id)
            yield Busy(vm_id, vault_id, regions.get(vault_id, ""), one.sent_at, ends)


def _due(others: Others, at: datetime, until: datetime) -> Iterator[Busy]:
    """A VM that is to move starts by its old policy or by its new one: each may be."""
    for line in others.lines:
        for slot in {line.slot, line.current_slot} - {None}:
            assert slot is not None
            start = last_start(slot, at)
            while start < until:
                if at < start + START_LATENESS + LISTING_LAG and not _came(others.jobs.get(line.vm_id, ()), start):
                    ends = start + START_LATENESS + timedelta(minutes=line.minutes)
                    yield Busy(line.vm_id, line.vault_id, line.region, max(start, at), ends)
                start += DAY


def _came(jobs: Iterable[Job], start: datetime) -> bool:
    return any(
        job.operation == BACKUP and not job.user_triggered and start <= job.started_at < start + LONGEST_DELAY
        for job in jobs
    )


def _length(minutes: Mapping[str, float], vm_id: str) -> timedelta:
    return timedelta(minutes=minutes.get(vm_id, PRIOR_MINUTES))
