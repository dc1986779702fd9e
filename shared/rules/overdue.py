"""Which scheduled backups did not come? Overdue, never started, lost to another job, or without their VM."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.model.azure import START_LATENESS, BackupPolicy, Job, ProtectedItem
from shared.model.failures import Failure, Kind
from shared.rules.due_runs import FINISHED, LISTING_LAG
from shared.rules.job_outcomes import BACKUP
from shared.rules.memberships import RUNNING_STATES
from shared.rules.safe_moments import BEFORE_START
from shared.rules.scheduled_runs import ScheduledRun, next_run, runs_around, vaulted_runs
from shared.rules.slots import DAY, instant_text

MARGIN = timedelta(minutes=30)
"""Time for a look that comes late, and for a service that is a little later than it says."""
GRACE = START_LATENESS + LISTING_LAG + MARGIN
"""So long after its start a run that no list shows is overdue."""
NEXT_NEAR = timedelta(hours=2)
"""So long before the next run, the last one is not waited for any more."""
JUDGED_EVERY = timedelta(hours=1)
"""Runs are judged anew after this at the latest: somebody may edit a policy, and move its runs."""
RESTORES = frozenset({"Restore", "CrossRegionRestore"})
"""Jobs that leave protection as it is, as backups do; any other job of an item changes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One protected item, and what tells of its runs.

    `jobs` are the item's jobs of all operations that started at or after `jobs_since`. `changed_at` is when its
    membership or its policy was last changed, as far as that is known from elsewhere; the jobs tell of memberships.
    `same_since` is since when its policy is known to start as it does; before, a person may have moved it unseen.
    """

    item: ProtectedItem
    policy: BackupPolicy | None
    jobs: tuple[Job, ...]
    jobs_since: datetime
    vm_exists: bool = True
    changed_at: datetime | None = None
    same_since: datetime | None = None


def overdue(watched: Iterable[Watched], now: datetime) -> tuple[Failure, ...]:
    """Return the runs that did not come, one for each item at most: its last run that should have begun by `now`."""
    return tuple(failure for one in watched if (failure := judge(one, now)))


def judge(watched: Watched, now: datetime) -> Failure | None:
    """Return why the item's last due run is missing; None where it came, or where it cannot be told.

    Of an hourly schedule's day only the last run is judged, which reaches the vault. Not told of are items whose
    protection is stopped or paused, unknown schedules, runs that were due before the item or its schedule was changed,
    and runs from before the list of jobs begins.
    """
    item, policy = watched.item, watched.policy
    if policy is None or item.soft_deleted or item.state not in RUNNING_STATES:
        return None
    due = now - GRACE
    run = next((run for run in reversed(vaulted_runs(policy, due)) if run.latest <= due), None)
    if run is None or run.earliest < watched.jobs_since or run.earliest <= _changed_until(watched):
        return None
    backups = sorted((job for job in watched.jobs if job.operation == BACKUP), key=lambda job: job.started_at)
    since = [job for job in backups if job.started_at >= run.earliest]
    if any(not job.user_triggered for job in since):
        return None
    if other := next((job for job in backups if _in_the_way(job, run)), None):
        return _failure(
            watched, run, Kind.COLLIDED, f"the backup of {instant_text(other.started_at)} held it", other.ended_at
        )
    if any(job.status in FINISHED or job.running for job in since):
        return None
    if not watched.vm_exists:
        return _failure(watched, run, Kind.MISSING_VM, "the VM does not exist any more")
    if not _known_since(watched, run.earliest - DAY) and _had_another_start(backups, policy, run):
        return None
    if now >= _given_up_at(policy, run):
        return _failure(watched, run, Kind.NEVER_STARTED, "no job began before the next run was near")
    return _failure(watched, run, Kind.OVERDUE, "no job has begun, and the service starts within two hours")


def judged_next(policies: Iterable[BackupPolicy], now: datetime) -> datetime:
    """Return when runs are to be judged again: one is overdue then, or is not waited for any more.

    `policies` are those of the items, as they were seen at `now`. In between, no judgement can change.
    """
    moments = (
        at
        for policy in policies
        for run in vaulted_runs(policy, now)
        for at in (run.latest + GRACE, _given_up_at(policy, run))
    )
    return min([now + JUDGED_EVERY, *(at for at in moments if at > now)])


def _given_up_at(policy: BackupPolicy, run: ScheduledRun) -> datetime:
    following = next_run(policy, run.latest)
    return min(run.earliest + DAY, following.earliest if following else run.earliest + DAY) - NEXT_NEAR


def _changed_until(watched: Watched) -> datetime:
    """Return until when runs do not count: Azure may leave out one that is due soon after a change."""
    changes = [job.started_at for job in watched.jobs if job.operation != BACKUP and job.operation not in RESTORES]
    changes += [watched.changed_at] if watched.changed_at else []
    return max(changes) + BEFORE_START if changes else watched.jobs_since - DAY


def _known_since(watched: Watched, before: datetime) -> bool:
    return watched.same_since is not None and watched.same_since <= before


def _in_the_way(job: Job, run: ScheduledRun) -> bool:
    """Return whether the job ran at some moment at which the run may have tried to start."""
    ended_at = None if job.running else job.ended_at or job.started_at + job.duration
    return job.started_at <= run.latest + START_LATENESS and (ended_at is None or ended_at > run.earliest)


def _had_another_start(backups: Iterable[Job], policy: BackupPolicy, run: ScheduledRun) -> bool:
    """Return whether a backup of the day before the run was none of the policy's: its start was edited since, maybe.

    Then the run may have been none either. It is told of a day later, if the next one does not come.
    """
    lately = [job for job in backups if run.earliest - DAY < job.started_at < run.earliest and not job.user_triggered]
    return any(not any(one.explains(job.started_at) for one in runs_around(policy, job.started_at)) for job in lately)


def _failure(watched: Watched, run: ScheduledRun, kind: Kind, text: str, ended_at: datetime | None = None) -> Failure:
    return Failure(
        kind=kind,
        vm_id=watched.item.vm_id,
        vm_name=watched.item.name,
        item_id=watched.item.id,
        vault_id=watched.item.vault_id,
        started_at=run.earliest,
        ended_at=ended_at,
        scheduled_for=run.earliest,
        text=f"its run of {instant_text(run.earliest)}: {text}",
    )
