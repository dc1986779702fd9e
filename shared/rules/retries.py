"""May a failed backup be started again, and when? What keeps a retry from doing harm, each with its reason."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.model.azure import START_LATENESS, BackupPolicy, Job, Vm
from shared.model.failures import Failure, Response
from shared.model.intent import FleetPolicy, Tier
from shared.rules.due_runs import FINISHED
from shared.rules.durations import PRIOR_MINUTES
from shared.rules.error_codes import code_of
from shared.rules.job_outcomes import BACKUP, outcome
from shared.rules.patch_windows import patched_slots
from shared.rules.scheduled_runs import ScheduledRun, runs_around
from shared.rules.scope import hold_on, in_scope, matches, tier_of
from shared.rules.slots import DAY, SLOT, blackout_on, instant_text, local_dates, slot_of, window_span
from shared.rules.start_delay import LONGEST_DELAY

RETRY_AFTER = (timedelta(minutes=30), timedelta(hours=2))
"""How long after a failure's end the first retry, and the second, is started."""
CANCELLED = frozenset({"Cancelled", "Canceled"})
UNKNOWN_RUN = "its next scheduled run is not known"
ATTEMPTS_A_DAY = 9
"""Backups of one VM that Azure attempts in a UTC day; it refuses the tenth (support matrix)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is true around a failed backup when it is judged.

    `vm` and `policy` are None where they are not known, or gone. `jobs` are the item's, of the last two days at least;
    `minutes` is how long its backups take (p95), `last_point_at` its newest recovery point. `stopped` says why nothing
    may be started in its vault, "" where nothing stands against it. `earlier` counts the runs of this VM that failed
    before in the same family, and that no success has followed.
    """

    intent: FleetPolicy
    vm: Vm | None
    policy: BackupPolicy | None
    jobs: tuple[Job, ...] = ()
    minutes: float = PRIOR_MINUTES
    last_point_at: datetime | None = None
    stopped: str = ""
    earlier: int = 0

    @property
    def tier(self) -> Tier | None:
        """The VM's tier, None where it has none or is out of scope."""
        return tier_of(self.vm, self.intent.tiers) if self.vm and in_scope(self.vm, self.intent.scope) else None


def ended(failure: Failure) -> datetime:
    """Return when a failure is over: the job's end, or when its schedule starts nothing any more."""
    if failure.job_id or failure.ended_at:
        return failure.ended_at or failure.started_at
    return failure.started_at + LONGEST_DELAY


def retry_time(failure: Failure, tried: int, now: datetime) -> datetime:
    """Return when the backup is to be started for the next time, `tried` retries having been made (0 or 1)."""
    return max(ended(failure) + RETRY_AFTER[tried], now)


def failed_since(failure: Failure, jobs: Iterable[Job]) -> datetime | None:
    """Return when the VM's newest backup began, if that was after the failed run, and has failed too.

    The one that kept the run from starting counts where it failed in a way that a person must mend. One that somebody
    cancelled says nothing of the VM.
    """
    over = [job for job in jobs if job.operation == BACKUP and not job.running]
    later = [job for job in over if job.started_at > failure.started_at or _in_vain(job, failure)]
    newest = max((job for job in later if job.status not in CANCELLED), key=lambda job: job.started_at, default=None)
    if newest is None or newest.status in FINISHED or newest.name == failure.job_id:
        return None
    return newest.started_at


def _in_vain(job: Job, failure: Failure) -> bool:
    came = outcome(job, None) if job.ended_at and job.ended_at > failure.started_at else None
    return isinstance(came, Failure) and code_of(came).response in {Response.USER_FIX, Response.STOP}


def obstacle(failure: Failure, context: Context, at: datetime) -> str:
    """Return why no backup of the VM may be started at the UTC instant `at`, "" where one may."""
    vm, tier = context.vm, context.tier
    if vm is None or tier is None:
        return "it is in no tier, so nothing is started for it"
    if context.stopped:
        return context.stopped
    return next(
        filter(
            None,
            (
                kept_still(vm, context.intent, at),
                schedule_near(failure, context, at),
                used_up(failure, context, at),
                outside(tier, vm, context, at),
                patching(vm, context, at),
            ),
        ),
        "",
    )


def kept_still(vm: Vm, intent: FleetPolicy, at: datetime) -> str:
    """Return the hold or the blackout in which nothing is started for the VM, "" where there is none."""
    if hold := hold_on(vm, at.date()):
        return str(hold)
    if blackout := blackout_on(intent.blackouts, local_dates(intent.windows.values(), at)):
        return f"blackout until {blackout.last}: {blackout.reason}"
    return ""


def takes(minutes: float) -> timedelta:
    """Return how long before its next scheduled run a backup must begin, that one to find the item free."""
    return max(START_LATENESS, timedelta(minutes=minutes))


def schedule_near(failure: Failure | None, context: Context, at: datetime) -> str:
    """Return which scheduled run a start would be in the way of, or made needless by; "" where none.

    A backup that is asked for holds the item, and a scheduled run that finds it held is lost without a word. `failure`
    is what it would make up for, None where that is nothing.
    """
    runs = runs_around(context.policy, at) if context.policy else ()
    if not runs:
        return UNKNOWN_RUN
    for run in runs:
        if _came(run, failure, context.jobs):
            continue
        if run.earliest - takes(context.minutes) < at < run.latest + START_LATENESS:
            return f"its scheduled run of {instant_text(run.earliest)} is near"
        if failure is not None and ended(failure) < run.earliest <= at:
            return f"its scheduled run of {instant_text(run.earliest)} was due since"
    return ""


def _came(run: ScheduledRun, failure: Failure | None, jobs: Iterable[Job]) -> bool:
    starts = [job.started_at for job in jobs if job.operation == BACKUP and not job.user_triggered]
    starts += [] if failure is None or failure.user_triggered else [failure.started_at]
    return any(run.explains(started) for started in starts)


def used_up(failure: Failure | None, context: Context, at: datetime) -> str:
    """Return whether the day's backups are spent: by the service's own jobs, with the scheduled one still to come."""
    begun = {job.name: job.started_at for job in context.jobs if job.operation == BACKUP}
    if failure is not None and failure.job_id:
        begun[failure.job_id] = failure.started_at
    today = sum(started.date() == at.date() for started in begun.values())
    runs = runs_around(context.policy, at) if context.policy else ()
    to_come = sum(run.earliest > at and run.earliest.date() == at.date() for run in runs)
    limit = min(context.intent.limits.backups_per_vm_day, ATTEMPTS_A_DAY)
    if today + to_come < limit:
        return ""
    scheduled = " and one is still scheduled" if to_come else ""
    return f"{today} of its backups have begun on {at:%d %b} (UTC){scheduled}, and {limit} are allowed"


def outside(tier: Tier, vm: Vm, context: Context, at: datetime) -> str:
    """Return whether the tier's window is closed for a start."""
    window = context.intent.windows[tier.window]
    nights = (at.date() + ahead * DAY for ahead in range(-2, 2))
    spans = (window_span(window, vm.region, night) for night in nights)
    if tier.retry_outside_window or any(begin <= at < end for begin, end in spans):
        return ""
    return f"{instant_text(at)} is outside the window {window.name}"


def patching(vm: Vm, context: Context, at: datetime) -> str:
    """Return whether a backup would meet the VM's patching."""
    mine = [window for window in context.intent.patch_windows if matches(vm, window.match)]
    patched = patched_slots(mine, at.date()) if mine else frozenset()
    return "it would meet the VM's patching" if patched.intersection(_held(at, context.minutes)) else ""


def _held(at: datetime, minutes: float) -> Iterator[int]:
    """Yield the UTC slots that a backup of so many minutes would run in."""
    moment, end = at, at + min(timedelta(minutes=max(minutes, 1)), DAY)
    while moment < end:
        yield slot_of(moment)
        moment += SLOT
    yield slot_of(end)
