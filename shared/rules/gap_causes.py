"""Why is an expected point not there? From who changed what, what its job said, and what stood in its way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise, zip_longest

from shared.model.azure import START_LATENESS, BackupPolicy, Change, Job
from shared.model.failures import Failure, Family, Kind
from shared.model.retention import Cause, Expected, Gap, Terms
from shared.rules.due_runs import FINISHED
from shared.rules.error_codes import code_of
from shared.rules.expected_points import carries, least_kept
from shared.rules.held_points import made_by
from shared.rules.job_outcomes import BACKUP, outcome
from shared.rules.promises import STOPPED, promised_by
from shared.rules.retention import same_schedule
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
    Family.TOO_SLOW: Cause.AGENT,
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
        or _failed(one, evidence)
        or _schedule_changed(one, evidence)
        or _by_jobs(one, evidence)
        or _stopped_unseen(one, evidence)
        or _nothing_began(one, evidence)
    )


def needs_jobs(one: Expected, evidence: Evidence, now: datetime) -> bool:
    """Return whether the vault's jobs would tell more of it."""
    return evidence.jobs is None and not cause_of(one, evidence, now).sure


def _weakened(one: Expected, evidence: Evidence, now: datetime) -> Verdict | None:
    """Return what terms that keep less than was promised did to it: no run, no class, or an early end."""
    for terms, following in zip_longest(evidence.history, evidence.history[1:]):
        until = following.since if following else None
        if not terms.less or terms.approved or (until is not None and until <= one.due):
            continue
        if terms.since <= one.due:
            if terms.policy is None:
                return _stopped(terms)
            if not _runs_that_day(terms.policy, one):
                return Verdict(Cause.SCHEDULE_CHANGED, f"its schedule was changed {_by_whom(terms)}")
            if not all(carries(terms.policy, name, one.due.date()) for name in one.classes):
                return Verdict(
                    Cause.RETENTION_SHORTENED, f"its policy keeps less since it was changed {_by_whom(terms)}"
                )
        if terms.policy is not None and one.due + _kept(terms.policy, one) <= (until or now):
            return Verdict(Cause.RETENTION_SHORTENED, f"retention was shortened {_by_whom(terms)}")
    return None


def _stopped(terms: Terms, *, sure: bool = True) -> Verdict:
    return Verdict(Cause.PROTECTION_STOPPED, f"{STOPPED} {_by_whom(terms)}", sure)


def _by_whom(terms: Terms) -> str:
    """Return when terms that give less began, who brought them about, and what is less."""
    who = f"by {terms.actor}" if terms.actor else "by somebody whom the activity log does not name"
    less = [loss for loss in terms.less if loss != STOPPED]
    return f"on {instant_text(terms.since)} {who}{f': {"; ".join(less)}' if less else ''}"


def _kept(policy: BackupPolicy, one: Expected) -> timedelta:
    return max(least_kept(policy, name) for name in one.classes)


def _runs_that_day(policy: BackupPolicy, one: Expected) -> bool:
    """Return whether the policy starts a run within the day that the expected one begins."""
    runs = runs_around(policy, one.due + DAY / 2)
    return not is_known(policy) or any(one.due <= run.earliest < one.due + DAY for run in runs)


def _failed(one: Expected, evidence: Evidence) -> Verdict | None:
    """Return what is known of a failure of this run. One that is overdue may have come since."""
    mine = [failure for failure in _failures(one, evidence) if failure.kind is not Kind.OVERDUE]
    first = min(mine, key=lambda failure: (failure.started_at, failure.kind is Kind.NEVER_STARTED), default=None)
    return None if first is None else _verdict(first)


def _failures(one: Expected, evidence: Evidence) -> list[Failure]:
    """Return the failures of its run, which nobody asked for."""
    last = _latest(one, evidence) + LONGEST_DELAY
    return [
        failure
        for failure in evidence.failures
        if failure.kind is not Kind.WARNINGS
        and failure.operation == BACKUP
        and not failure.user_triggered
        and one.due <= (failure.scheduled_for or failure.started_at) < last
    ]


def _latest(one: Expected, evidence: Evidence) -> datetime:
    """Return the last instant at which its run may have been due."""
    policy = promised_by(evidence.history, one)
    runs = runs_around(policy, one.due) if policy else ()
    return next((run.latest for run in runs if run.earliest == one.due), one.due)


def _verdict(failure: Failure) -> Verdict:
    if failure.kind is Kind.CANCELLED:
        return Verdict(Cause.CANCELLED, "somebody cancelled its job")
    code = code_of(failure)
    return Verdict(OF_FAMILY[code.family], f"{code.says} ({code.name})" if failure.job_id else code.says)


def _schedule_changed(one: Expected, evidence: Evidence) -> Verdict | None:
    """Return whether its schedule was changed while the run was due: Azure starts nothing of the old one then.

    A change of which it is not known when it was made, within a day or so, is none that explains it.
    """
    last = _latest(one, evidence) + LONGEST_DELAY
    for before, terms in pairwise(evidence.history):
        if _starts_as_before(before.policy, terms.policy) or (terms.unsure_from and not terms.actor):
            continue
        changed = terms.unsure_from or terms.since
        if one.due - BEFORE_START <= changed < last:
            if terms.policy is None:
                return _stopped(terms)
            who = f" by {terms.actor}" if terms.actor else ""
            said = f"its schedule was changed on {instant_text(changed)}{who}, while the run was due"
            return Verdict(Cause.SCHEDULE_CHANGED, said)
    return None


def _starts_as_before(before: BackupPolicy | None, policy: BackupPolicy | None) -> bool:
    return before is not None and policy is not None and same_schedule(before, policy)


def _by_jobs(one: Expected, evidence: Evidence) -> Verdict | None:
    """Return what the vault's jobs say of the run."""
    backups = sorted((job for job in evidence.jobs or () if job.operation == BACKUP), key=lambda job: job.started_at)
    askers = _askers(backups, evidence)
    latest = _latest(one, evidence)
    own = [
        job
        for job in backups
        if one.due <= job.started_at < latest + LONGEST_DELAY and not job.user_triggered and job.id not in askers
    ]
    if not own:
        held_it = next((job for job in backups if _in_the_way(job, one.due, latest)), None)
        return _collided(held_it, askers.get(held_it.id)) if held_it else None
    if completed := next((job for job in own if job.status in FINISHED), None):
        said = f"its backup of {instant_text(completed.started_at)} completed, and the point is gone"
        return Verdict(Cause.LOST, said, sure=False)
    came = outcome(own[0], None)
    if isinstance(came, Failure):
        return _verdict(came)
    return Verdict(Cause.UNKNOWN, f"its backup of {instant_text(own[0].started_at)} still runs", sure=False)


def _in_the_way(job: Job, due: datetime, latest: datetime) -> bool:
    """Return whether the job ran at some moment at which the run may have tried to start."""
    ended = None if job.running else job.ended_at or job.started_at + job.duration
    return job.started_at < latest + START_LATENESS and (ended is None or ended > due)


def _collided(job: Job, asker: str | None) -> Verdict:
    who = f", which {asker} asked for," if asker else ""
    said = f"the backup of {instant_text(job.started_at)}{who} held the VM when it was due"
    return Verdict(Cause.COLLISION, said)


def _askers(backups: Sequence[Job], evidence: Evidence) -> dict[str, str]:
    """Return who asked for which of the jobs, sorted, by the jobs' ids."""
    by_start = {job.started_at: job.id for job in reversed(backups)}
    asked = ((made_by(change.at, sorted(by_start)), change.actor) for change in evidence.by_hand)
    return {by_start[start]: actor for start, actor in asked if start}


def _stopped_unseen(one: Expected, evidence: Evidence) -> Verdict | None:
    """Return whether its backups were stopped at a moment that nobody knows, which may have been before its run."""
    stops = [terms for terms in evidence.history if terms.policy is None and terms.less and not terms.approved]
    found = next((each for each in stops if each.unsure_from and each.unsure_from <= one.due < each.since), None)
    return _stopped(found, sure=evidence.jobs is not None) if found else None


def _nothing_began(one: Expected, evidence: Evidence) -> Verdict:
    if evidence.jobs is None:
        overdue = "its run was overdue, and what came of it is not known"
        said = overdue if _failures(one, evidence) else "nothing is known of its run"
        return Verdict(Cause.UNKNOWN, said, sure=False)
    if not evidence.vm_exists:
        return Verdict(Cause.VM_GONE, "the VM does not exist any more")
    return Verdict(Cause.PLATFORM, "no job began for its run")
