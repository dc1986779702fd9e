"""At which starts did a VM's backups fail because of the hour? The next plan gives it another one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from shared.model.azure import SLOTS_PER_DAY
from shared.model.failures import Attempt, Failure, Response
from shared.rules.slots import slot_of

NEAR = 1
"""Half-hours around such a start that are as bad."""


def bad_starts(failures: Sequence[Failure], attempts: Sequence[Attempt]) -> dict[str, frozenset[int]]:
    """Return by VM the UTC slots of runs that were answered by another start."""
    moved = {attempt.failure_id for attempt in attempts if attempt.response is Response.RESCHEDULE}
    found: defaultdict[str, set[int]] = defaultdict(set)
    for failure in failures:
        if failure.id in moved:
            slot = slot_of(failure.scheduled_for or failure.started_at)
            found[failure.vm_id] |= {(slot + near) % SLOTS_PER_DAY for near in range(-NEAR, NEAR + 1)}
    return {vm_id: frozenset(slots) for vm_id, slots in found.items()}


def without_bad(starts: tuple[int, ...], vm_id: str, bad: Mapping[str, frozenset[int]]) -> tuple[int, ...]:
    """Return the starts without the VM's bad ones; all of them where nothing else is left."""
    left = tuple(slot for slot in starts if slot not in bad.get(vm_id, frozenset()))
    return left or starts
