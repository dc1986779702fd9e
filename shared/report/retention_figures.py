"""How many recovery points should there be, and where do the gaps stand? Counted once, for page, JSON and digest."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from shared.model.retention import CLASSES, Cause, Gap, Mark, RetentionNight, VmRetention

WEEK = timedelta(days=7)
"""Within which each VM's points are to be looked at."""
BEYOND_BACKUPS = frozenset({Cause.VM_GONE, Cause.PROTECTION_STOPPED, Cause.AGENT, Cause.SETTINGS})
"""Causes that a backup on demand meets as well: only a person gets past them."""


class GapState(StrEnum):
    """Where a gap stands, the worst first. A missing point that is no more than a daily one is not made up for."""

    LEFT = "left to people"
    OPEN = "not asked for yet"
    DAILY = "daily only"
    ASKED = "asked for"
    FILLED = "filled"


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """The points of one class: how many should be there, and how many are."""

    name: str
    expected: int
    present: int


@dataclass(frozen=True, slots=True)
class CauseFigures:
    """How many gaps have one cause, whatever became of them."""

    cause: Cause
    gaps: int


@dataclass(frozen=True, slots=True)
class RetentionFigures:
    """What the looks at recovery points counted.

    `looked_at` counts the VMs seen within the last week, `fleet` those and the `waiting`. `seen` says whether anybody
    has looked at all. The five after `gaps` are its parts, by `GapState`. `findings` counts those of VMs and of the
    fleet, `weak` the settings that are not good enough, in `weak_vaults`.
    """

    seen: bool
    looked_at: int
    waiting: int
    fleet: int
    points: int
    classes: tuple[ClassFigures, ...]
    gaps: int
    left_to_people: int
    open: int
    daily_only: int
    asked: int
    filled: int
    gap_vms: int
    causes: tuple[CauseFigures, ...]
    consistency: tuple[tuple[str, int], ...]
    reads: int
    reads_most: int
    findings: int
    vaults: int
    weak: int
    weak_vaults: int

    @property
    def states(self) -> dict[GapState, int]:
        """How many gaps stand in each way, ways without any left out."""
        counts = (self.left_to_people, self.open, self.daily_only, self.asked, self.filled)
        return {state: count for state, count in zip(GapState, counts, strict=True) if count}


def retention_figures(retention: RetentionNight, now: datetime) -> RetentionFigures:
    """Return the numbers of `retention` as they stand at the UTC instant `now`."""
    vms, gaps = retention.vms, [gap for vm in retention.vms for gap in vm.gaps]
    looked_at = sum(vm.checked_at > now - WEEK for vm in vms)
    states = Counter(state_of(gap) for gap in gaps)
    weak = [sum(not one.good for one in posture.settings) for posture in retention.postures]
    return RetentionFigures(
        seen=retention.fresh_at is not None or bool(vms),
        looked_at=looked_at,
        waiting=retention.waiting,
        fleet=looked_at + retention.waiting,
        points=sum(vm.points for vm in vms),
        classes=_classes(vms),
        gaps=len(gaps),
        left_to_people=states[GapState.LEFT],
        open=states[GapState.OPEN],
        daily_only=states[GapState.DAILY],
        asked=states[GapState.ASKED],
        filled=states[GapState.FILLED],
        gap_vms=sum(bool(vm.gaps) for vm in vms),
        causes=_causes(gaps),
        consistency=_consistency(vms),
        reads=retention.reads,
        reads_most=retention.reads_most,
        findings=len(retention.findings) + sum(len(vm.findings) for vm in vms),
        vaults=len(retention.postures),
        weak=sum(weak),
        weak_vaults=sum(bool(count) for count in weak),
    )


def state_of(gap: Gap) -> GapState:
    """Return where the gap stands."""
    if gap.mark is Mark.ASKED:
        return GapState.ASKED
    if gap.mark is not Mark.MISSING:
        return GapState.FILLED
    if not gap.expected.long_term:
        return GapState.DAILY
    return GapState.LEFT if gap.cause in BEYOND_BACKUPS else GapState.OPEN


def by_day(vm: VmRetention) -> dict[date, tuple[Mark, tuple[str, ...]]]:
    """Return what became of the VM's runs by their days, with their classes; of several a day, the worst."""
    found: dict[date, tuple[Mark, tuple[str, ...]]] = {}
    for day, mark, classes in vm.calendar:
        if day not in found or _WORST.index(mark) < _WORST.index(found[day][0]):
            found[day] = mark, classes
    return found


_WORST = (Mark.MISSING, Mark.ASKED, Mark.FILLED, Mark.PRESENT)


def _classes(vms: Iterable[VmRetention]) -> tuple[ClassFigures, ...]:
    expected, present = Counter[str](), Counter[str]()
    for vm in vms:
        for name, wanted, there in vm.counts:
            expected[name] += wanted
            present[name] += there
    return tuple(ClassFigures(name, expected[name], present[name]) for name in CLASSES if name in expected)


def _causes(gaps: Sequence[Gap]) -> tuple[CauseFigures, ...]:
    return tuple(
        CauseFigures(cause, count)
        for cause, count in sorted(Counter(gap.cause for gap in gaps).items(), key=lambda one: (-one[1], one[0]))
    )


def _consistency(vms: Iterable[VmRetention]) -> tuple[tuple[str, int], ...]:
    words = Counter[str]()
    for vm in vms:
        words.update(dict(vm.consistency))
    return tuple(sorted(words.items(), key=lambda one: (-one[1], one[0])))
