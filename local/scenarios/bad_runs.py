"""Which backups went wrong, and when was that to be known? By the world's own jobs and schedules, not by the app's."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local.memory.sending import CALLER
from local.scenarios.troubles import Protected
from local.world import World
from local.world.failures import failure
from local.world.on_demand import BACKUP
from local.world.state import Item, Job
from shared.model.failures import Failure, Kind
from shared.rules.error_codes import code_of
from shared.rules.error_table import Code

NEVER = datetime.min.replace(tzinfo=UTC)
GOOD = frozenset({"Completed", "CompletedWithWarnings"})
"""Endings that leave a recovery point: such a run is not bad, and makes up for one that was."""
OVERDUE_AFTER = timedelta(hours=2, minutes=45)
"""A run without a job counts as overdue then: docs/job-failures.md."""
LOOKED_AT = timedelta(minutes=20)
"""A run is not missed where protection was stopped before anybody can have looked."""
MAY_STAND_FOR = timedelta(hours=4)
"""A backup that began so soon after a run's time stands for it: lists do not say who asked for a backup."""


@dataclass(frozen=True, slots=True)
class BadRun:
    """A backup that failed, or a scheduled run without a job (`job` is None), since `started_at`.

    `knowable` is when it could be known: when the job had ended and showed, or when the run was overdue. `code` is what
    the documented table says of it.
    """

    item: Item
    vm_name: str
    started_at: datetime
    knowable: datetime
    kind: Kind
    code: Code
    job: Job | None = None

    def __str__(self) -> str:
        return f"{self.vm_name} {self.kind} ({self.code.name}) of {self.started_at:%d %b %H:%M:%S}"

    @property
    def vm_id(self) -> str:
        """The VM's lower-cased id."""
        return self.item.vm_id.lower()


def jobs_by_item(world: World) -> dict[str, list[Job]]:
    """Return each item's backups, oldest first."""
    found: defaultdict[str, list[Job]] = defaultdict(list)
    for job in sorted(world.jobs.values(), key=lambda job: (job.started_at, job.id)):
        if job.operation == "Backup":
            found[job.item_id].append(job)
    return found


def bad_runs(world: World, protected: Sequence[Protected]) -> list[BadRun]:
    """Return what went wrong and was to be known by now, in the order in which it was.

    Cancelled jobs are left out: somebody wanted that.
    """
    jobs, ours = jobs_by_item(world), asked_by_us(world)
    theirs = {key: [job for job in mine if (key, job.started_at) not in ours] for key, mine in jobs.items()}
    found = [
        *(_failed(world, job) for mine in jobs.values() for job in mine if job.status == "Failed"),
        *(one for period in protected for one in _missing(world, period, theirs.get(period.item_id, []))),
    ]
    due = [one for one in found if one.knowable <= world.now]
    return sorted(due, key=lambda one: (one.knowable, one.item.id))


def made_up_for(jobs: Sequence[Job], since: datetime, until: datetime) -> bool:
    """Return whether a backup that began at or after `since` had left a point, and showed, at `until`."""
    return any(
        job.started_at >= since and job.status in GOOD and max(job.ended_at or until, job.visible_at) <= until
        for job in jobs
    )


def last_good(jobs: Sequence[Job], before: datetime) -> datetime:
    """Return when the last backup that left a point had begun, of those that began before the instant."""
    return max((job.started_at for job in jobs if job.status in GOOD and job.started_at < before), default=NEVER)


def asked_by_us(world: World) -> set[tuple[str, datetime]]:
    """Return item and instant of each backup that the app asked for."""
    ours = (entry for entry in world.activity if entry.operation == BACKUP and entry.caller == CALLER)
    return {(entry.resource_id.lower(), entry.at) for entry in ours}


def _failed(world: World, job: Job) -> BadRun:
    known = failure(job.error)
    assert job.ended_at is not None, "a job that failed has ended"
    code = code_of(_seen(Kind.FAILED, known.number, job.error, known.text))
    knowable = max(job.ended_at, job.visible_at)
    return BadRun(world.items[job.item_id], job.vm_name, job.started_at, knowable, Kind.FAILED, code, job)


def _missing(world: World, period: Protected, jobs: Sequence[Job]) -> Iterator[BadRun]:
    """Yield the runs of a period that left no job, and that no backup of others (`jobs`) may have been."""
    item = world.items[period.item_id]
    slot = period.rules.next_run(period.begins)
    came = {job.scheduled_for for job in jobs}
    while slot < min(world.now, period.ends or world.now):
        knowable = slot + OVERDUE_AFTER
        instead = any(slot <= job.started_at < slot + MAY_STAND_FOR for job in jobs)
        unprotected = period.ends is not None and period.ends < knowable + LOOKED_AT
        if slot not in came and not instead and not unprotected:
            kind = _kind(world, item, jobs, slot)
            yield BadRun(item, item.vm_id.rpartition("/")[2], slot, knowable, kind, code_of(_seen(kind)))
        slot = period.rules.next_run(slot)


def _kind(world: World, item: Item, jobs: Sequence[Job], slot: datetime) -> Kind:
    latest = slot + world.pace.lateness
    if any(job.started_at <= latest and (job.ended_at or world.now) > slot for job in jobs):
        return Kind.COLLIDED
    deleted = (one.at for one in world.activity if one.resource_id == item.vm_id and one.operation.endswith("/delete"))
    return Kind.MISSING_VM if next(deleted, world.now) <= slot + OVERDUE_AFTER else Kind.OVERDUE


def _seen(kind: Kind, number: int = 0, name: str = "", text: str = "") -> Failure:
    return Failure(
        kind=kind,
        vm_id="",
        vm_name="",
        item_id="",
        vault_id="",
        started_at=NEVER,
        code=number,
        name=name,
        text=text,
    )
