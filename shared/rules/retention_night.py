"""What is left to people of a night's look at retention? Gaps that nobody fills, and what somebody weakened."""

from collections import defaultdict
from collections.abc import Sequence

from shared.model.plan import Finding
from shared.model.retention import CLASSES, Cause, Gap, Mark, RetentionNight, VmRetention
from shared.rules.retention_check import CALENDAR

WEAKENED = frozenset(
    {Cause.RETENTION_SHORTENED, Cause.PROTECTION_STOPPED, Cause.SCHEDULE_CHANGED, Cause.CANCELLED, Cause.LOST}
)
"""Causes that are somebody's doing: a person finds out whether it was meant. The others have incidents of their own."""
TOLD_BY_VM = frozenset({"keeps-less"})
"""What the check of protection tells of each VM already, as its wrong tier."""
MOST_NAMES = 5


def left_to_people(night: RetentionNight) -> tuple[Finding, ...]:
    """Return what only a person can settle, what was found in lists first. Older gaps than the calendar shows are past.

    VMs that lost points for one reason are one finding.
    """
    found: defaultdict[str, list[tuple[VmRetention, Gap]]] = defaultdict(list)
    for vm in night.vms:
        for gap in vm.gaps:
            if gap.mark is Mark.MISSING and gap.expected.due > vm.checked_at - CALENDAR and _is_for_people(gap):
                found[gap.said].append((vm, gap))
    told = [one for one in night.findings if one.code not in TOLD_BY_VM]
    return (*told, *(_finding(said, lost) for said, lost in sorted(found.items())))


def _is_for_people(gap: Gap) -> bool:
    return gap.expected.long_term or gap.cause in WEAKENED


def _finding(said: str, lost: list[tuple[VmRetention, Gap]]) -> Finding:
    vms = list(dict.fromkeys(vm.name for vm, _ in lost))
    classes = sorted({gap.expected.classes[-1] for _, gap in lost}, key=CLASSES.index)
    many = f"{len(lost)} {' and '.join(classes)} point{'s are' if len(lost) > 1 else ' is'} missing"
    return Finding("points-missing", lost[0][0].vm_id, f"{many} of {_named(vms)}: {said}")


def _named(names: Sequence[str]) -> str:
    rest = len(names) - MOST_NAMES
    return ", ".join(names) if rest <= 0 else f"{', '.join(names[:MOST_NAMES])} and {rest} more"
