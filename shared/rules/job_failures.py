"""What is to be done about a failed backup? A table of rows, read from the top: the first that has a word decides."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.model.azure import START_LATENESS, Job
from shared.model.failures import Attempt, Failure, Family, Kind, Response, Severity, Verdict
from shared.rules.due_runs import FINISHED
from shared.rules.error_codes import code_of
from shared.rules.error_table import MOST_RETRIES, Code
from shared.rules.failure_families import REMEDIES
from shared.rules.job_outcomes import BACKUP
from shared.rules.retries import Context, ended, failed_since, obstacle, retry_time
from shared.rules.scheduled_runs import next_run
from shared.rules.slots import DAY, instant_text, slot_of

LOOK_AGAIN = timedelta(minutes=30)
"""How soon a failure that had to wait is judged again."""
LONGEST_WAIT = DAY
"""A job that holds its item for longer is not waited for: only first backups take so long."""
CLEAN = frozenset({"Completed"})
NOT_STARTED = frozenset({Kind.OVERDUE, Kind.NEVER_STARTED})
REPEATED = 2
"""So many earlier runs that failed in the same way make waiting a matter for a human."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a row of the table looks at. `tried` counts the retries that were made already."""

    failure: Failure
    code: Code
    tried: int
    context: Context
    now: datetime


def triage(failure: Failure, attempts: Iterable[Attempt], context: Context, now: datetime) -> Verdict:
    """Return what is to be done about `failure` at `now`, given what its incident's `attempts` were."""
    tried = sum(attempt.response is Response.RETRY for attempt in attempts)
    case = Case(failure, code_of(failure), tried, context, now)
    return next(verdict for row in ROWS if (verdict := row(case)))


def _repaired(case: Case) -> Verdict | None:
    """A later backup made the point that this one did not; a run that was only late is answered by what came of it."""
    failure = case.failure
    good = CLEAN if failure.kind is Kind.WARNINGS else FINISHED
    since = [job for job in _other_backups(case) if job.started_at >= failure.started_at and not job.running]
    repairs = [job for job in since if job.status in good or failure.kind in NOT_STARTED]
    if failure.operation != BACKUP or not repairs:
        return None
    first = min(repairs, key=lambda job: job.started_at)
    text = "has made up for it" if first.status in good else "began after all, and has an answer of its own"
    return _verdict(case, Response.IGNORE, f"the backup of {instant_text(first.started_at)} {text}")


def _made_meanwhile(case: Case) -> Verdict | None:
    """What held the VM was a backup: its point will do if the next run comes within the RPO."""
    slot, tier = case.failure.started_at, case.context.tier
    following = next_run(case.context.policy, slot) if case.context.policy else None
    if case.code.family is not Family.WAIT or following is None or tier is None:
        return None
    oldest = following.latest + START_LATENESS - tier.rpo
    held = [job for job in _other_backups(case) if job.status in FINISHED and (job.ended_at or slot) > slot]
    started_at = max((job.started_at for job in held if job.started_at >= oldest), default=None)
    if started_at is None:
        return None
    text = f"{case.code.says}; the backup of {instant_text(started_at)} made a point meanwhile"
    return _verdict(case, Response.IGNORE, text)


def _nothing_wrong(case: Case) -> Verdict | None:
    if case.code.response is not Response.IGNORE:
        return None
    return _verdict(case, Response.IGNORE, case.code.says)


def _left_a_point(case: Case) -> Verdict | None:
    if case.failure.kind is not Kind.WARNINGS or case.code.response not in {Response.RETRY, Response.WAIT}:
        return None
    return _verdict(case, Response.IGNORE, f"{case.code.says}, but the backup left a recovery point")


def _a_person_or_nobody(case: Case) -> Verdict | None:
    if case.code.response not in {Response.USER_FIX, Response.STOP}:
        return None
    return _verdict(case, case.code.response, case.code.says, needs_human=True)


def _blocked_for_a_day(case: Case) -> Verdict | None:
    if case.code.family is not Family.THROTTLED_DAY:
        return None
    return _wait(case, f"{case.code.says}; each further start would prolong that", ended(case.failure) + DAY)


def _failed_again(case: Case) -> Verdict | None:
    """The newest failure says what ails the VM now, and its answer is the one that counts."""
    later = failed_since(case.failure, case.context.jobs)
    if later is None or case.failure.operation != BACKUP:
        return None
    text = f"{case.code.says}; the backup of {instant_text(later)} has failed since, and has an answer of its own"
    return _verdict(case, Response.IGNORE, text)


def _another_operation(case: Case) -> Verdict | None:
    """Only backups are started again here: a restore is repeated by its request, which may choose another target."""
    if case.failure.operation == BACKUP:
        return None
    answer = Response.STOP if case.failure.retryable is False else case.code.response
    text = f"{case.code.says}; {case.failure.operation or 'such a job'} is for whoever asked for it to repeat"
    return _verdict(case, answer, text, needs_human=True)


def _another_job(case: Case) -> Verdict | None:
    running = [job for job in case.context.jobs if job.running and job.name != case.failure.job_id]
    if not running:
        return None
    since = min(job.started_at for job in running)
    if case.now - since > LONGEST_WAIT:
        text = f"{case.code.says}; the job of {instant_text(since)} has held it for more than a day"
        return _verdict(case, Response.USER_FIX, text, needs_human=True)
    return _wait(case, f"{case.code.says}; the job of {instant_text(since)} is running for it", case.now + LOOK_AGAIN)


def _may_still_come(case: Case) -> Verdict | None:
    """A start by hand would collide with a scheduled one that is only very late."""
    if case.failure.kind is not Kind.OVERDUE or case.now >= ended(case.failure):
        return None
    return _wait(case, f"{case.code.says} in time, and may still do so", ended(case.failure))


def _just_held(case: Case) -> Verdict | None:
    again = ended(case.failure) + LOOK_AGAIN
    if case.code.response is not Response.WAIT or case.now >= again:
        return None
    return _wait(case, f"{case.code.says}; it is looked at again when that is over", again)


def _wrong_hour(case: Case) -> Verdict | None:
    if case.code.response is not Response.RESCHEDULE:
        return None
    slot = slot_of(case.failure.scheduled_for or case.failure.started_at)
    text = f"{case.code.says}; the next plan gives it another start"
    verdict = _verdict(case, Response.RESCHEDULE, text, needs_human=case.context.earlier >= REPEATED)
    return replace(verdict, bad_slot=slot)


def _final(case: Case) -> Verdict | None:
    """What the service says of trying again outweighs what the table says."""
    if case.failure.retryable is not False:
        return None
    return _verdict(
        case, Response.STOP, f"{case.code.says}; the service says that no retry will help", needs_human=True
    )


def _tried_enough(case: Case) -> Verdict | None:
    if case.tried < min(case.code.retries, MOST_RETRIES):
        return None
    times = "once more" if case.tried == 1 else f"{case.tried} times more"
    return _verdict(case, Response.USER_FIX, f"{case.code.says}, and it was tried {times}", needs_human=True)


def _in_no_tier(case: Case) -> Verdict | None:
    if case.context.tier is not None:
        return None
    return _verdict(
        case, Response.USER_FIX, f"{case.code.says}; it is in no tier, so nothing is started for it", needs_human=True
    )


def _not_now(case: Case) -> Verdict | None:
    reason = obstacle(case.failure, case.context, retry_time(case.failure, case.tried, case.now))
    if not reason:
        return None
    return _wait(case, f"{case.code.says}; not started again: {reason}", None)


def _again(case: Case) -> Verdict | None:
    at = retry_time(case.failure, case.tried, case.now)
    text = f"{case.code.says}; started again at {instant_text(at)}, for the {('first', 'second')[case.tried]} time"
    return replace(_verdict(case, Response.RETRY, text), retry_at=at)


ROWS: Sequence[Callable[[Case], Verdict | None]] = (
    _repaired,
    _made_meanwhile,
    _nothing_wrong,
    _left_a_point,
    _a_person_or_nobody,
    _failed_again,
    _blocked_for_a_day,
    _another_operation,
    _another_job,
    _may_still_come,
    _just_held,
    _wrong_hour,
    _final,
    _tried_enough,
    _in_no_tier,
    _not_now,
    _again,
)
"""The table. Rows that end a matter stand above those that wait, and those above the ones that start anything."""


def _other_backups(case: Case) -> list[Job]:
    return [job for job in case.context.jobs if job.operation == BACKUP and job.name != case.failure.job_id]


def _wait(case: Case, text: str, again: datetime | None) -> Verdict:
    """Wait, which is a matter for a human where it has not helped before, or where the points are too old already."""
    waited = case.context.earlier >= REPEATED or case.failure.kind is Kind.NEVER_STARTED or _beyond_rpo(case)
    verdict = _verdict(case, Response.WAIT, text, needs_human=waited)
    return replace(verdict, look_again_at=again) if again and again > case.now else verdict


def _verdict(case: Case, response: Response, reason: str, *, needs_human: bool = False) -> Verdict:
    return Verdict(
        family=case.code.family,
        response=response,
        reason=reason,
        severity=_severity(case, response, needs_human),
        needs_human=needs_human,
        runbook=REMEDIES[case.code.family].runbook,
    )


def _severity(case: Case, response: Response, needs_human: bool) -> Severity:
    if response is Response.IGNORE:
        return Severity.INFORMATION
    if case.failure.kind is Kind.WARNINGS:
        return Severity.WARNING
    if _beyond_rpo(case):
        return Severity.CRITICAL
    return Severity.ERROR if needs_human else Severity.WARNING


def _beyond_rpo(case: Case) -> bool:
    """Return whether the newest point is older than the tier allows: then failing is no longer harmless."""
    tier, point = case.context.tier, case.context.last_point_at
    return tier is not None and point is not None and case.now - point > tier.rpo
