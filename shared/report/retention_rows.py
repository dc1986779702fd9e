"""How is a missing recovery point told? Why it is missing, what was done, and who promised it; many as one line."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.model.retention import Cause, Gap, RetentionNight, VmRetention
from shared.report.retention_figures import GapState, state_of
from shared.report.wording import counted, dated, day

MOST_ROWS = 100
"""Points written out one by one, shared out among the groups; the JSON report holds all."""
LEAST_ROWS = 2
"""Of a group, however many groups there are."""
NO_TIER = "no tier"
CAUSES = {
    Cause.COLLISION: "another job held the VM",
    Cause.VM_GONE: "the VM is gone",
    Cause.VM_OFF: "the VM was off",
    Cause.AGENT: "the VM's agent did not answer",
    Cause.QUOTA: "a quota was used up",
    Cause.THROTTLED: "Azure throttled the backup",
    Cause.CANCELLED: "somebody cancelled the backup",
    Cause.SETTINGS: "a setting stood in the way",
    Cause.PLATFORM: "the service failed",
    Cause.SCHEDULE_CHANGED: "the schedule was changed",
    Cause.RETENTION_SHORTENED: "retention was shortened",
    Cause.PROTECTION_STOPPED: "protection was stopped",
    Cause.LOST: "the backup completed, and its point is not there",
    Cause.UNKNOWN: "nothing tells why",
}
"""Each cause in words, for many gaps at once; `Gap.said` says it of one."""
CHIPS = {
    GapState.LEFT: "failed",
    GapState.OPEN: "held",
    GapState.DAILY: "plain",
    GapState.ASKED: "plain",
    GapState.FILLED: "good",
}
_RANKS = tuple(GapState)


@dataclass(frozen=True, slots=True)
class GapRow:
    """One gap in words. `classes` are those of its point, `promise` who promised it and for how long."""

    chip: str
    state: str
    vm: str
    due: str
    classes: str
    said: str
    done: str
    promise: str


@dataclass(frozen=True, slots=True)
class GapGroup:
    """The gaps of one tier that have one cause. `chip` marks the worst of them, `states` count how they stand."""

    chip: str
    tier: str
    cause: Cause
    says: str
    gaps: int
    vms: int
    names: tuple[str, ...]
    states: tuple[tuple[GapState, int], ...]
    rows: tuple[GapRow, ...]
    more_rows: int


def gap_groups(retention: RetentionNight) -> tuple[GapGroup, ...]:
    """Return the gaps by tier and cause: within a tier those that are left to people first, then the most frequent."""
    found: defaultdict[tuple[str, Cause], list[tuple[VmRetention, Gap]]] = defaultdict(list)
    for vm in retention.vms:
        for gap in vm.gaps:
            found[vm.tier or NO_TIER, gap.cause].append((vm, gap))
    most = max(LEAST_ROWS, MOST_ROWS // max(1, len(found)))
    groups = [_group(tier, cause, pairs, most) for (tier, cause), pairs in found.items()]
    return tuple(sorted(groups, key=lambda one: (one.tier, _RANKS.index(one.states[0][0]), -one.gaps, one.cause)))


def named(vms: Iterable[VmRetention]) -> tuple[str, ...]:
    """Return the VMs' names, sorted, each VM once."""
    return tuple(sorted({vm.vm_id: vm.name for vm in vms}.values()))


def _group(tier: str, cause: Cause, pairs: Sequence[tuple[VmRetention, Gap]], most: int) -> GapGroup:
    names = named(vm for vm, _ in pairs)
    states = Counter(state_of(gap) for _, gap in pairs)
    ranked = tuple((state, states[state]) for state in GapState if states[state])
    order = sorted(pairs, key=lambda one: (_RANKS.index(state_of(one[1])), one[0].name, one[1].expected.due))
    return GapGroup(
        chip=CHIPS[ranked[0][0]],
        tier=tier,
        cause=cause,
        says=CAUSES[cause],
        gaps=len(pairs),
        vms=len(names),
        names=names,
        states=ranked,
        rows=tuple(_row(vm, gap) for vm, gap in order[:most]),
        more_rows=max(0, len(order) - most),
    )


def _row(vm: VmRetention, gap: Gap) -> GapRow:
    state, expected = state_of(gap), gap.expected
    version = f", version {expected.version}" if expected.version else ""
    return GapRow(
        chip=CHIPS[state],
        state=state.value,
        vm=vm.name,
        due=dated(expected.due),
        classes=", ".join(expected.classes),
        said=gap.said or CAUSES[gap.cause],
        done=_done(gap, state),
        promise=f"until {day(expected.keep_until.date())}, by policy {expected.policy}{version}",
    )


def _done(gap: Gap, state: GapState) -> str:
    until = f"kept until {day(gap.expected.keep_until.date())}"
    match state:
        case GapState.LEFT:
            return "nothing: a backup on demand would meet the same cause"
        case GapState.OPEN:
            return "nothing yet: no backup on demand was asked for"
        case GapState.DAILY:
            return "nothing: a daily point is not made up for"
        case GapState.ASKED:
            return f"a backup on demand was asked for, to be {until}"
    return f"filled by the backup of {dated(gap.filled_at)}, {until}" if gap.filled_at else f"filled, {until}"


def points_of_vms(gaps: int, vms: int) -> str:
    """Return "3 points of 2 VMs"."""
    return f"{counted(gaps, 'point')} of {counted(vms, 'VM')}"
