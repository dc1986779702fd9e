"""What does a look at one VM's points say? What was expected and is there, each gap with its cause, and what is odd."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from shared.model.azure import Frequency, ProtectedItem, RecoveryPoint
from shared.model.plan import Finding
from shared.model.retention import CLASSES, Gap, Mark, Terms, VmRetention
from shared.rules.expected_points import expected
from shared.rules.gap_causes import Evidence, cause_of
from shared.rules.held_points import Asked, Found, held, is_good
from shared.rules.slots import instant_text

CALENDAR = timedelta(days=35)
"""How many days back the calendar shows."""
MOST_GAPS = 60
"""Gaps of one VM that are kept: a row of the ledger holds little."""
IN_VAULT = frozenset({"HardenedRP", "ArchivedRP"})
TRANSFERRED = timedelta(days=2)
"""So long after its snapshot a point is in the vault; a day's change takes up to 24 hours."""
CRASH = "CrashConsistent"
OFTEN = 3
"""So many of the newest points in a row are no accident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One protected VM, its points, and what is known of it. `before` is what the last look found.

    `history` are its terms, the oldest first, as they were seen at `noted_at` (None: just now); `asked` the backups on
    demand of it.
    """

    item: ProtectedItem
    tier: str
    points: Sequence[RecoveryPoint]
    history: Sequence[Terms]
    asked: Asked = field(default_factory=Asked)
    before: VmRetention | None = None
    noted_at: datetime | None = None


def compare(case: Case, now: datetime) -> tuple[Found, ...]:
    """Return what became of each point that should be there; under which terms later runs were due is not known yet."""
    due = [one for one in expected(case.history, now) if case.noted_at is None or one.due < case.noted_at]
    return held(due, case.points, case.history, case.asked)


def judge(case: Case, found: Sequence[Found], evidence: Evidence, now: datetime) -> VmRetention:
    """Return what the look says, every gap with its cause."""
    gaps = [_gap(one, evidence, now) for one in found if one.mark is not Mark.PRESENT]
    good = sorted(point.at for point in case.points if is_good(point))
    return VmRetention(
        vm_id=case.item.vm_id,
        name=case.item.name,
        vault_id=case.item.vault_id,
        tier=case.tier,
        policy=case.item.policy_name,
        checked_at=now,
        points=len(good),
        oldest=good[0] if good else None,
        newest=good[-1] if good else None,
        counts=_counts(found),
        consistency=tuple(sorted(Counter(point.consistency for point in case.points).items())),
        calendar=_calendar(found, now),
        gaps=_kept_gaps(gaps),
        findings=_findings(case, now),
    )


def unreadable(item: ProtectedItem, tier: str, why: str, now: datetime) -> VmRetention:
    """Return what is known of a VM whose points could not be read."""
    return VmRetention(
        vm_id=item.vm_id,
        name=item.name,
        vault_id=item.vault_id,
        tier=tier,
        policy=item.policy_name,
        checked_at=now,
        points=0,
        oldest=None,
        newest=None,
        findings=(Finding("points-unreadable", item.vm_id, f"the points of {item.name} could not be read: {why}"),),
    )


def as_asked(seen: VmRetention, gap: Gap) -> VmRetention:
    """Return the look with the gap marked as one that a backup was asked for."""
    gaps = tuple(replace(one, mark=Mark.ASKED) if one == gap else one for one in seen.gaps)
    return replace(seen, gaps=gaps)


def _gap(one: Found, evidence: Evidence, now: datetime) -> Gap:
    verdict = cause_of(one.expected, evidence, now)
    return Gap(one.expected, verdict.cause, verdict.said, one.mark, one.filled_at)


def _kept_gaps(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    """Return the gaps that a row has room for: long-term ones before daily ones, and of each the newest."""
    worth_most = sorted(gaps, key=lambda gap: (gap.expected.long_term, gap.expected.due), reverse=True)
    return tuple(sorted(worth_most[:MOST_GAPS], key=lambda gap: gap.expected.due))


def _counts(found: Sequence[Found]) -> tuple[tuple[str, int, int], ...]:
    """Return by class how many points were expected, and how many are there, those made up for included."""
    wanted = {name: [one for one in found if name in one.expected.classes] for name in CLASSES}
    there = {Mark.PRESENT, Mark.FILLED}
    return tuple((name, len(ones), sum(one.mark in there for one in ones)) for name, ones in wanted.items() if ones)


def _calendar(found: Sequence[Found], now: datetime) -> tuple[tuple[date, Mark, tuple[str, ...]], ...]:
    return tuple(
        (one.expected.due.date(), one.mark, one.expected.classes) for one in found if one.expected.due > now - CALENDAR
    )


def _findings(case: Case, now: datetime) -> tuple[Finding, ...]:
    """Return what is odd about points that are there."""
    found, vm_id, name = [], case.item.vm_id, case.item.name
    newest_first = sorted(case.points, key=lambda point: point.at, reverse=True)
    policy = case.history[-1].policy if case.history else None
    waiting = [
        point
        for point in newest_first
        if point.tiers and now - point.at > TRANSFERRED and not any(tier in IN_VAULT for tier, _ in point.tiers)
    ]
    if waiting and policy is not None and policy.frequency is not Frequency.HOURLY:
        text = f"{len(waiting)} points of {name} are snapshots only, the oldest of {instant_text(waiting[-1].at)}"
        found.append(Finding("points-not-in-vault", vm_id, text))
    latest = newest_first[:OFTEN]
    better = any(point.consistency != CRASH for point in newest_first)
    chosen = policy is not None and bool(policy.snapshot_consistency)
    if better and not chosen and len(latest) == OFTEN and all(point.consistency == CRASH for point in latest):
        text = f"the last {OFTEN} points of {name} are crash-consistent, and older ones are better"
        found.append(Finding("crash-consistent", vm_id, text))
    return tuple(found)
