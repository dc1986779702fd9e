"""Which incidents are open? Failures and successes, in whatever order and however often they come, as incidents.

What happened is kept as a set of facts, so that one which comes twice, late or out of order changes nothing but what
it says; incidents are read off the set.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from shared.model.failures import (
    Attempt,
    Fact,
    Failure,
    Family,
    History,
    Incident,
    Kind,
    Response,
    Severity,
    State,
    Success,
    Told,
    Verdict,
)
from shared.rules.error_codes import code_of
from shared.rules.error_table import Code
from shared.rules.job_failures import NOT_STARTED, REPEATED
from shared.rules.job_outcomes import BACKUP

LEFT_TO_SOMEONE = frozenset({Response.USER_FIX, Response.STOP})
"""Answers that leave a failure to a human, whatever was tried."""


def fold(history: History, happened: Iterable[Fact]) -> History:
    """Return the history with what happened added; what it holds already changes nothing.

    Of two looks at one failure, the one that says more is kept.
    """
    new = _unknown(history, happened)
    if not new:
        return history
    failures = {failure.id: failure for failure in history.failures}
    others: set[Success | Attempt | Told] = {*history.successes, *history.attempts, *history.told}
    for fact in new:
        if isinstance(fact, Failure):
            known = failures.get(fact.id)
            failures[fact.id] = fact if known is None else max(known, fact, key=_says)
        else:
            others.add(fact)
    return History(
        failures=tuple(sorted(failures.values(), key=attrgetter("started_at", "job_id", "item_id", "kind"))),
        successes=tuple(sorted((one for one in others if isinstance(one, Success)), key=_start)),
        attempts=tuple(sorted((one for one in others if isinstance(one, Attempt)), key=_given)),
        told=tuple(sorted((one for one in others if isinstance(one, Told)), key=_sent)),
    )


def _unknown(history: History, happened: Iterable[Fact]) -> list[Fact]:
    """Return what the history does not hold yet."""
    known: dict[type, set[Fact]] = {}
    held: dict[type, Sequence[Fact]] = {
        Failure: history.failures,
        Success: history.successes,
        Attempt: history.attempts,
        Told: history.told,
    }
    return [fact for fact in happened if fact not in known.setdefault(type(fact), set(held[type(fact)]))]


def answered(failure: Failure, verdict: Verdict, at: datetime) -> Attempt:
    """Return the fact that `failure` was answered by `verdict` at the UTC instant `at`."""
    return Attempt(
        failure_id=failure.id,
        at=at,
        response=verdict.response,
        reason=verdict.reason,
        severity=verdict.severity,
        needs_human=verdict.needs_human,
        retry_at=verdict.retry_at,
    )


def incidents(history: History) -> tuple[Incident, ...]:
    """Return every incident of the history, in the order of their keys and openings.

    Of one VM and cause one at most is not resolved. What needs nobody (a cancelled job) is none, nor are jobs other
    than backups: no later backup repairs a restore.
    """
    groups: defaultdict[tuple[str, Family, str, datetime | None], list[Failure]] = defaultdict(list)
    codes: dict[str, Code] = {}
    for failure, repair in _with_repairs(history):
        code = codes[failure.id] = code_of(failure)
        if code.response is not Response.IGNORE:
            groups[failure.vm_id, code.family, code.name.lower(), repair].append(failure)
    answers: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in history.attempts:
        answers[attempt.failure_id].append(attempt)
    told: defaultdict[str, list[Told]] = defaultdict(list)
    for one in history.told:
        told[one.episode.rpartition("|")[0]].append(one)
    again = _again_and_again(groups)
    found = []
    for (vm_id, family, _, repair), failures in groups.items():
        attempts = [attempt for failure in failures for attempt in answers[failure.id]]
        made = _incident(failures, codes[failures[0].id], repair, sorted(attempts, key=lambda one: one.at))
        if repair is None and (vm_id, family) in again:
            made = _escalated(made)
        if about := told[made.key]:
            episodes = set(made.episodes)
            alerts = (one for one in about if one.episode in episodes)
            made = replace(made, last_alert=max(alerts, key=lambda one: one.at, default=None))
        found.append(made)
    return tuple(sorted(found, key=lambda one: (one.key, one.opened_at)))


def attempts_for(history: History, failure: Failure) -> tuple[Attempt, ...]:
    """Return what was answered to the VM's failures since its last backup before `failure`, whatever their causes.

    So a cause that changes from one retry to the next does not bring more of them.
    """
    points = [one.started_at for one in history.successes if one.vm_id == failure.vm_id]
    points += [one.started_at for one in _backups_of(history, failure.vm_id) if one.kind is Kind.WARNINGS]
    last = max((point for point in points if point < failure.started_at), default=None)
    since = {one.id for one in _backups_of(history, failure.vm_id) if last is None or one.started_at > last}
    return tuple(attempt for attempt in history.attempts if attempt.failure_id in since)


def earlier_runs(history: History, failure: Failure) -> int:
    """Count the runs of its VM that failed before `failure` in the same family, and that no success has followed."""
    family, run = code_of(failure).family, _run(failure)
    unrepaired = (one for one in incidents(_of_vm(history, failure)) if one.family is family and not one.resolved_at)
    return len({_run(each) for one in unrepaired for each in one.failures if _run(each) < run})


def forget(history: History, before: datetime) -> History:
    """Return the history without what was over at the UTC instant `before`.

    What is not repaired is kept, and so is each VM's last success: it tells that what is older is over.
    """
    last = {one.vm_id: one for one in sorted(history.successes, key=lambda one: one.started_at)}
    kept = tuple(
        failure
        for failure, repair in _with_repairs(history)
        if failure.started_at >= before or (repair or before) >= before
    )
    names = {failure.id for failure in kept}
    smaller = History(
        failures=kept,
        successes=tuple(one for one in history.successes if one.started_at >= before or one is last[one.vm_id]),
        attempts=tuple(one for one in history.attempts if one.failure_id in names),
    )
    episodes = {episode for one in incidents(smaller) for episode in one.episodes}
    told = tuple(one for one in history.told if one.at >= before or one.episode in episodes)
    return replace(smaller, told=told)


def _start(success: Success) -> tuple[datetime, str, str]:
    return success.started_at, success.vm_id, success.job_id


def _given(attempt: Attempt) -> tuple[datetime, str, str, str, bool, str]:
    retry_at = str(attempt.retry_at or "")
    return attempt.at, attempt.failure_id, attempt.response, attempt.reason, attempt.needs_human, retry_at


def _sent(told: Told) -> tuple[datetime, str, str]:
    return told.at, told.key, told.alert_key


def _says(failure: Failure) -> tuple[int, str]:
    filled = (
        failure.code,
        failure.name,
        failure.text,
        failure.recommendations,
        failure.ended_at,
        failure.scheduled_for,
    )
    return sum(bool(value) for value in filled), repr(failure)


def _of_vm(history: History, failure: Failure) -> History:
    """Return the failures and successes of the failure's VM that are known, the failure included."""
    failures = tuple(one for one in history.failures if one.vm_id == failure.vm_id)
    successes = tuple(one for one in history.successes if one.vm_id == failure.vm_id)
    return fold(History(failures, successes), [failure])


def _backups_of(history: History, vm_id: str) -> list[Failure]:
    return [one for one in history.failures if one.vm_id == vm_id and one.operation == BACKUP]


def _with_repairs(history: History) -> list[tuple[Failure, datetime | None]]:
    """Return each failed backup with the start of the backup that repaired it, None where none has.

    That is the first that began when the failed one had, and completed. One with warnings leaves a point too, but does
    not take its warnings back. A run that had not started is repaired by its start, whatever came of that.
    """
    clean: defaultdict[str, list[datetime]] = defaultdict(list)
    usable: defaultdict[str, list[datetime]] = defaultdict(list)
    begun: defaultdict[str, list[datetime]] = defaultdict(list)
    for success in history.successes:
        clean[success.vm_id].append(success.started_at)
    backups = [failure for failure in history.failures if failure.operation == BACKUP]
    for failure in backups:
        if failure.kind is Kind.WARNINGS:
            usable[failure.vm_id].append(failure.started_at)
        if failure.job_id:
            begun[failure.vm_id].append(failure.started_at)
    found = []
    for failure in backups:
        starts = list(clean[failure.vm_id])
        if failure.kind is not Kind.WARNINGS:
            starts += usable[failure.vm_id]
        if failure.kind in NOT_STARTED:
            starts += begun[failure.vm_id]
        found.append((failure, min((start for start in starts if start >= failure.started_at), default=None)))
    return found


def _again_and_again(
    groups: dict[tuple[str, Family, str, datetime | None], list[Failure]],
) -> set[tuple[str, Family]]:
    """Return the VMs, each with the family in which so many of its runs failed that waiting does not help."""
    runs: defaultdict[tuple[str, Family], set[datetime]] = defaultdict(set)
    for (vm_id, family, _, repair), failures in groups.items():
        if repair is None:
            runs[vm_id, family] |= {_run(failure) for failure in failures}
    return {vm for vm, failed in runs.items() if len(failed) > REPEATED}


def _run(failure: Failure) -> datetime:
    return failure.scheduled_for or failure.started_at


def _incident(
    failures: Sequence[Failure], code: Code, repair: datetime | None, attempts: Sequence[Attempt]
) -> Incident:
    """Return the incident of these failures, oldest first, as its answers leave it."""
    pages = _pages(failures, attempts)
    by_itself = code.response in LEFT_TO_SOMEONE
    due = [_end(failures[0])] if by_itself else []
    mildest = Severity.WARNING if all(one.kind is Kind.WARNINGS for one in failures) else Severity.ERROR
    severity = min([mildest, *(attempt.severity for attempt in attempts)])
    retried = any(attempt.response is Response.RETRY for attempt in attempts)
    escalated = (bool(pages) and retried) or severity is Severity.CRITICAL
    if repair is not None:
        state = State.RESOLVED
    else:
        state = State.ESCALATED if escalated else State.OPEN
    return Incident(
        vm_id=failures[0].vm_id,
        vm_name=failures[-1].vm_name,
        vault_id=failures[-1].vault_id,
        family=code.family,
        code=code.name,
        says=code.says,
        state=state,
        severity=severity,
        needs_human=by_itself or bool(pages) or escalated,
        opened_at=failures[0].started_at,
        last_seen_at=failures[-1].started_at,
        due_since=min([*due, *pages], default=_end(failures[-1])),
        failures=tuple(failures),
        attempts=tuple(attempts),
        resolved_at=repair,
    )


def _pages(failures: Sequence[Failure], attempts: Sequence[Attempt]) -> list[datetime]:
    """Return since when each answer, oldest first, has asked for a human.

    The first one to a failure is about how that ended, however long it took to be given; a later one is news.
    """
    ends = {failure.id: _end(failure) for failure in failures}
    pages = []
    answered = set[str]()
    for attempt in attempts:
        if attempt.needs_human:
            pages.append(attempt.at if attempt.failure_id in answered else ends[attempt.failure_id])
        answered.add(attempt.failure_id)
    return pages


def _escalated(incident: Incident) -> Incident:
    return replace(incident, state=State.ESCALATED, needs_human=True)


def _end(failure: Failure) -> datetime:
    return failure.ended_at or failure.started_at
