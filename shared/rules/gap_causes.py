"""Why is an expected point not there? From who changed what, what its job said, and what stood in its way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.model.azure import START_LATENESS, BackupPolicy, Change, Job
from shared.model.failures import Failure, Family, Kind
from shared.model.retention import Cause, Expected, Gap, Terms
from shared.rules.due_runs import FINISHED
from shared.rules.error_codes import code_of
from shared.rules.expected_points import carries, least_kept
from shared.rules.held_points import CLOCKS_DIFFER
from shared.rules.job_outcomes import BACKUP, outcome
from shared.rules.promises import STOPPED
from shared.rules.retries import CANCELLED
from shared.rules.safe_moments import BEFORE_START
from shared.rules.scheduled_runs import is_known, runs_around
from shared.rules.slots import DAY, instant_text
from shared.rules.start_delay import LONGEST_DELAY

OF_FAMILY = {
    Family.TRANSIENT: Cause.PLATFORM,
    Family.WAIT: Cause.COLLISION,
    Family.GUEST_AGENT: Cause.AGENT,
    Family.VM_STATE: Cause.VM_OFF,
    Family.SNAPSHOT_LIMIT: Cause.QUOTA,
    Family.NETWORK: Cause.SETTINGS,
    Family.KEY_VAULT: Cause.SETTINGS,
    Family.POLICY_DENIED: Cause.SETTINGS,
    Family.QUOTA: Cause.QUOTA,
    Family.THROTTLED_DAY: Cause.THROTTLED,
    Family.TOO_SLOW: Cause.PLATFORM,
    Family.NOT_FOUND: Cause.VM_GONE,
    Family.BAD_REQUEST: Cause.SETTINGS,
    Family.UNSUPPORTED: Cause.SETTINGS,
    Family.UNKNOWN: Cause.UNKNOWN,
}
"""What each family of errors means for a point that is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What tells of one VM's missing points.

    `history` are its terms, `before` the gaps that were found at the last look. `failures` are what is known of its
    backups, `by_hand` who asked for some; `jobs` are its jobs around the missing runs, None where they were not read.
    """

    history: Sequence[Terms]
    by_hand: Sequence[Change] = ()
    before: Sequence[Gap] = ()
    failures: Sequence[Failure] = ()
    jobs: Sequence[Job] | None = None
    vm_exists: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """A cause, and what it is in words. One that is not `sure` may be known better by the vault's jobs, or later."""

    cause: Cause
    said: str
    sure: bool = True


def cause_of(one: Expected, evidence: Evidence, now: datetime) -> Verdict:
    """Return why the point is not there. UNKNOWN and LOST are said again at each look: more may be known by then."""
    known = next((gap for gap in evidence.before if gap.expected.due == one.due), None)
    if known is not None and known.cause not in {Cause.UNKNOWN, Cause.LOST}:
        return Verdict(known.cause, known.said)
    return (
        _weakened(one, evidence, now)
        or _schedule_changed(one, evidence)
        or _failed(one, evidence)
        or _by_jobs(one, evidence)
        or Verdict(Cause.UNKNOWN, "nothing is known of its run any more", sure=False)
    )


def needs_jobs(one: Expected, evidence: Evidence, now: datetime) -> bool:
    """Return whether the vault's jobs would tell more of it."""
    return evidence.jobs is None and not cause_of(one, evidence, now).sure


def _weakened(one: Expected, evidence: Evidence, now: datetime) -> Verdict | None:
    """Return what terms that keep less than was promised did to it: no run, no class, or an early end."""
    for place, terms in enumerate(evidence.history):
        until = evidence.history[place + 1].since if place + 1 < len(evidence.history) else None
        if not terms.less or terms.approved or (until is not None and until <= one.due):
            continue
        who = f"by {terms.actor}" if terms.actor else "by somebody whom the activity log does not name"
        at = f"on {instant_text(terms.since)} {who}: {'; '.join(terms.less)}"
        if terms.since <= one.due:
            if terms.policy is None:
                return Verdict(Cause.PROTECTION_STOPPED, f"{STOPPED} {at.replace(f': {STOPPED}', '')}")
            if not _runs_that_day(terms.policy, one):
                return Verdict(Cause.SCHEDULE_CHANGED, f"its schedule was changed {at}")
            if not all(carries(terms.policy, name, one.due.date()) for name in one.classes):
                return Verdict(Cause.RETENTION_SHORTENED, f"its policy keeps less since it was changed {at}")
        if terms.policy is not None and one.due + _kept(terms.policy, one) <= (until or now):
            return Verdict(Cause.RETENTION_SHORTENED, f"retention was shortened {at}")
    return None


def _kept(policy: BackupPolicy, one: Expected) -> timedelta:
    return max(least_kept(policy, name) for name in one.classes)


def _runs_that_day(policy: BackupPolicy, one: Expected) -> bool:
    """Return whether the policy starts a run within the day that the expected one begins."""
    runs = runs_around(policy, one.due + DAY / 2)
    return not is_known(policy) or any(one.due <= run.earliest < one.due + DAY for run in runs)


def _schedule_changed(one: Expected, evidence: Evidence) -> Verdict | None:
    """Return whether its schedule was changed while the run was due: Azure starts nothing of the old one then."""
    for terms in evidence.history[1:]:
        if one.due - BEFORE_START <= terms.since < one.due + LONGEST_DELAY:
            who = f" by {terms.actor}" if terms.actor else ""
            said = f"its schedule was changed on {instant_text(terms.since)}{who}, while the run was due"
            return Verdict(Cause.SCHEDULE_CHANGED, said)
    return None


def _failed(one: Expected, evidence: Evidence) -> Verdict | None:
    """Return what is known of a failure of this run."""
    mine = [failure for failure in evidence.failures if _of_run(failure, one)]
    found = min(mine, key=lambda failure: failure.started_at, default=None)
    return None if found is None else _verdict(found)


def _of_run(failure: Failure, one: Expected) -> bool:
    if failure.kind is Kind.WARNINGS or failure.operation != BACKUP:
        return False
    due = failure.scheduled_for or failure.started_at
    return one.due <= due < one.due + LONGEST_DELAY


def _verdict(failure: Failure) -> Verdict:
    if failure.kind is Kind.CANCELLED:
        return Verdict(Cause.CANCELLED, "somebody cancelled its job")
    code = code_of(failure)
    named = f" ({code.name})" if failure.job_id else ""
    return Verdict(OF_FAMILY[code.family], f"{code.says}{named}", sure=failure.kind is not Kind.OVERDUE)


def _by_jobs(one: Expected, evidence: Evidence) -> Verdict | None:
    """Return what the vault's jobs say of the run."""
    if evidence.jobs is None:
        return None
    backups = sorted((job for job in evidence.jobs if job.operation == BACKUP), key=lambda job: job.started_at)
    of_run = [job for job in backups if one.due <= job.started_at < one.due + LONGEST_DELAY]
    own = [job for job in of_run if not job.user_triggered and _asker(job, evidence) is None]
    held_it = next((job for job in backups if job not in own and _in_the_way(job, one)), None)
    if held_it is not None and not own:
        asker = _asker(held_it, evidence)
        who = f", which {asker} asked for," if asker else ""
        said = f"the backup of {instant_text(held_it.started_at)}{who} held the VM when it was due"
        return Verdict(Cause.COLLISION, said)
    for job in own:
        if job.status in FINISHED:
            said = f"its backup of {instant_text(job.started_at)} completed, and the point is gone"
            return Verdict(Cause.LOST, said, sure=False)
        if job.status in CANCELLED:
            return Verdict(Cause.CANCELLED, "somebody cancelled its job")
        if isinstance(failure := outcome(job, None), Failure):
            return _verdict(failure)
    if not evidence.vm_exists:
        return Verdict(Cause.VM_GONE, "the VM does not exist any more")
    return Verdict(Cause.PLATFORM, "no job began for its run")


def _in_the_way(job: Job, one: Expected) -> bool:
    """Return whether the job ran at some moment at which the run may have tried to start."""
    ended = job.ended_at or (None if job.running else job.started_at + job.duration)
    return job.started_at < one.due + START_LATENESS and (ended is None or ended > one.due)


def _asker(job: Job, evidence: Evidence) -> str | None:
    """Return who asked for the job by hand, None where nobody is known to."""
    near = (change for change in evidence.by_hand if abs(change.at - job.started_at) < CLOCKS_DIFFER)
    return next((change.actor for change in near), None)
