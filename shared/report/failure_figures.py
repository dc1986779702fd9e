"""How much went wrong, and how much of it is over? Counted once, for page, JSON and digest."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.model.aftermath import Aftermath, Ending
from shared.model.events import SetAside

MOST_REASONS = 3
"""Reasons shown of each source, the newest."""


@dataclass(frozen=True, slots=True)
class FailureFigures:
    """VMs with incidents, each cause once, in a storm too, by how they stand; and what else went wrong.

    `told` counts incidents that a person was told of, `without_job` those in which no backup began at all.
    `longest_gap_minutes` is the longest time without a look at jobs, 0 where none was too long.
    """

    incidents: int
    needs_human: int
    open: int
    repaired: int
    resolved: int
    told: int
    without_job: int
    storms: int
    tampered: int
    set_aside: int
    missed_looks: int
    longest_gap_minutes: int


@dataclass(frozen=True, slots=True)
class SetAsideFigures:
    """What is set aside of one source: how much, when the newest came, and its newest reasons."""

    source: str
    count: int
    newest_at: datetime
    reasons: tuple[str, ...]


def failure_figures(aftermath: Aftermath) -> FailureFigures:
    """Return the numbers of what went wrong."""
    ailments = [one for matter in aftermath.matters for one in matter.ailments]
    ended = Counter(one.ending for one in ailments)
    gap = aftermath.watching.longest
    return FailureFigures(
        incidents=len(ailments),
        needs_human=ended[Ending.NEEDS_HUMAN],
        open=ended[Ending.OPEN],
        repaired=ended[Ending.REPAIRED],
        resolved=ended[Ending.RESOLVED],
        told=sum(bool(one.told) for one in ailments),
        without_job=sum(not any(failure.job_id for failure in one.incident.failures) for one in ailments),
        storms=sum(matter.is_storm for matter in aftermath.matters),
        tampered=len(aftermath.tampered),
        set_aside=len(aftermath.set_aside),
        missed_looks=aftermath.watching.missed,
        longest_gap_minutes=round((gap[1] - gap[0]) / timedelta(minutes=1)) if gap else 0,
    )


def set_aside_figures(entries: Iterable[SetAside]) -> tuple[SetAsideFigures, ...]:
    """Return what is set aside by source, the fullest first."""
    sources: defaultdict[str, list[SetAside]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: entry.at, reverse=True):
        sources[entry.source].append(entry)
    found = [SetAsideFigures(source, len(kept), kept[0].at, _newest_reasons(kept)) for source, kept in sources.items()]
    return tuple(sorted(found, key=lambda one: (-one.count, one.source)))


def _newest_reasons(entries: Iterable[SetAside]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reason for entry in entries for reason in entry.reasons))[:MOST_REASONS]
