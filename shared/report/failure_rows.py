"""How is a failed backup told? What happened, what was tried, what came of it and who knows, each as a short text."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from shared.model.aftermath import Ailment, Ending, Matter
from shared.model.failures import Incident, Kind, Response
from shared.report.names import short
from shared.report.wording import counted, instant

MOST_TRIES = 6
"""Tries written out for one row; the JSON report holds all."""
_KINDS = {
    Kind.FAILED: "failed",
    Kind.WARNINGS: "completed with warnings",
    Kind.CANCELLED: "was cancelled",
    Kind.OVERDUE: "came late or not at all",
    Kind.NEVER_STARTED: "did not start",
    Kind.COLLIDED: "was lost to another job",
    Kind.MISSING_VM: "had no VM any more",
}
_ANSWERS = {
    Response.RETRY: "retry",
    Response.WAIT: "wait",
    Response.RESCHEDULE: "another hour",
    Response.USER_FIX: "left to a person",
    Response.STOP: "no retry",
    Response.IGNORE: "nothing to do",
}
_STATES = {"open": "told", "escalated": "told again", "resolved": "told that it is over"}
_CHIPS = {Ending.NEEDS_HUMAN: "failed", Ending.OPEN: "held", Ending.REPAIRED: "good", Ending.RESOLVED: "good"}


@dataclass(frozen=True, slots=True)
class Try:
    """One answer to a failure, or several of one kind: when the first was given, and what it was."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class FailureRow:
    """One matter in words. `chip` is how its ending is marked, `members` are the VMs of a storm."""

    chip: str
    ending: str
    subject: str
    vault: str
    members: tuple[str, ...]
    says: str
    cause: str
    happened: str
    tried: tuple[Try, ...]
    more_tried: int
    outcome: str
    told: str
    to_do: tuple[str, ...]


def failure_rows(matters: Sequence[Matter], names: Mapping[str, str], now: datetime) -> tuple[FailureRow, ...]:
    """Return the matters in words as they stand at `now`, in their order; `names` are those of vaults by their ids."""
    return tuple(_row(matter, names, now) for matter in matters)


def _row(matter: Matter, names: Mapping[str, str], now: datetime) -> FailureRow:
    first = matter.ailments[0].incident
    members = tuple(sorted(one.incident.vm_name or short(one.incident.vm_id) for one in matter.ailments))
    tried = _tries_of_many(matter) if matter.is_storm else _tries(first)
    return FailureRow(
        chip=_CHIPS[matter.ending],
        ending=matter.ending.value,
        subject=counted(len(members), "VM") if matter.is_storm else members[0],
        vault=names.get(first.vault_id, short(first.vault_id)),
        members=members if matter.is_storm else (),
        says=first.says,
        cause=f"{first.family} / {first.code}",
        happened=_happened([one.incident for one in matter.ailments]),
        tried=tried[:MOST_TRIES],
        more_tried=max(0, len(tried) - MOST_TRIES),
        outcome=_outcome_of_many(matter) if matter.is_storm else _outcome(matter.ailments[0], now),
        told=_told(matter),
        to_do=matter.to_do,
    )


def _happened(kin: Sequence[Incident]) -> str:
    failures = list(chain.from_iterable(one.failures for one in kin))
    (kind, _), *others = Counter(_KINDS[one.kind] for one in failures).most_common()
    begins, ends = min(one.opened_at for one in kin), max(one.last_seen_at for one in kin)
    how = f"{kind} or {others[0][0]}" if others else kind
    if len(failures) == 1:
        return f"{how}, {instant(begins)}"
    return f"{how}, {counted(len(failures), 'time')} from {instant(begins)} to {instant(ends)}"


def _tries(incident: Incident) -> tuple[Try, ...]:
    """Return the answers in time order; one that was given again for the same reason is told once."""
    found: dict[str, Try] = {}
    times = Counter(attempt.reason for attempt in incident.attempts)
    for attempt in incident.attempts:
        again = f" ({times[attempt.reason]:,} times)" if times[attempt.reason] > 1 else ""
        found.setdefault(attempt.reason, Try(attempt.at, f"{_ANSWERS[attempt.response]}: {attempt.reason}{again}"))
    return tuple(found.values())


def _tries_of_many(matter: Matter) -> tuple[Try, ...]:
    """Return what was answered to how many of a storm's VMs, with the first reason of each answer."""
    found: dict[Response, Try] = {}
    vms: Counter[Response] = Counter()
    for one in matter.ailments:
        vms.update({attempt.response for attempt in one.incident.attempts})
    attempts = chain.from_iterable(one.incident.attempts for one in matter.ailments)
    for attempt in sorted(attempts, key=lambda one: one.at):
        text = f"{_ANSWERS[attempt.response]}, {counted(vms[attempt.response], 'VM')}; the first: {attempt.reason}"
        found.setdefault(attempt.response, Try(attempt.at, text))
    return tuple(found.values())


def _outcome(ailment: Ailment, now: datetime) -> str:
    incident, repaired = ailment.incident, ailment.incident.resolved_at
    if repaired is not None and ailment.ending is Ending.REPAIRED:
        return f"repaired by the retry of {instant(repaired)}"
    if repaired is not None:
        return f"resolved by itself: the backup of {instant(repaired)} made up for it"
    if ailment.ending is Ending.NEEDS_HUMAN:
        return "open, needs a human"
    if not incident.attempts:
        return "open, not answered yet"
    retry_at = incident.attempts[-1].retry_at
    if retry_at is None:
        return "open, waits"
    return f"open, {'started' if retry_at <= now else 'to be started'} again at {instant(retry_at)}"


def _outcome_of_many(matter: Matter) -> str:
    ended = Counter(one.ending for one in matter.ailments)
    words = {
        Ending.NEEDS_HUMAN: "open and in need of a human",
        Ending.OPEN: "open",
        Ending.REPAIRED: "repaired by a retry",
        Ending.RESOLVED: "resolved by themselves",
    }
    return ", ".join(f"{ended[ending]:,} {words[ending]}" for ending in Ending if ended[ending])


def _told(matter: Matter) -> str:
    first: dict[str, datetime] = {}
    for told in sorted((one for ailment in matter.ailments for one in ailment.told), key=lambda one: one.at):
        first.setdefault(_STATES.get(told.state, "told"), told.at)
    said = ", ".join(f"{word} {instant(at)}" for word, at in first.items())
    if said:
        return f"a human was {said}"
    return "nobody was told yet" if matter.ending is Ending.NEEDS_HUMAN else "nobody was told"
