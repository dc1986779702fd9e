"""Which starts keep a VM's backup clear of its patching? Patch windows as UTC half hours, and the runs beside them."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache

from shared.model.azure import SLOT_MINUTES, SLOTS_PER_DAY, Vm
from shared.model.intent import PatchWindow, Window
from shared.rules.scope import matches
from shared.rules.slots import DAY, LATENESS_SLOTS, SLOT, slot_of, window_span


def clear_of_patching(
    starts: tuple[int, ...], vm: Vm | None, windows: Sequence[PatchWindow], duration_slots: int, night: date
) -> tuple[int, ...]:
    """Return the UTC `starts` (0 to 47, in their order) whose run touches no patch window of the VM around `night`.

    A run holds every half hour in which it may be under way: its `duration_slots`, as late as Azure starts it. The day
    is a ring. Without a VM there are no tags, so nothing is patched; () means that patching leaves no start.
    """
    mine = [window for window in windows if vm is not None and matches(vm, window.match)]
    patched = patched_slots(mine, night)
    length = LATENESS_SLOTS + max(duration_slots, 1)
    return tuple(start for start in starts if patched.isdisjoint(_held(start, length)))


def patched_slots(windows: Iterable[PatchWindow], night: date) -> frozenset[int]:
    """Return the UTC slots (0 to 47) that the windows touch in the nights around the local date `night`.

    A run of that night can meet the patching of the day before or after. Beside a clock change these differ, and the
    hours of both stay free: a start moves before its night and not in the middle of it.
    """
    nights = (night - DAY, night, night + DAY)
    return frozenset[int]().union(*(_touched(window, each) for window in windows for each in nights))


@lru_cache(maxsize=4096)
def _touched(patching: PatchWindow, night: date) -> frozenset[int]:
    """Zones off the half hour (Nepal) touch the slots at both ends in part, which counts."""
    window = Window("patching", patching.start, patching.end, patching.zone)
    begin, end = window_span(window, "", night)
    first = begin - timedelta(minutes=begin.minute % SLOT_MINUTES)
    count = -((first - end) // SLOT)
    return frozenset(slot_of(first + number * SLOT) for number in range(count))


def _held(start: int, length: int) -> frozenset[int]:
    return frozenset((start + offset) % SLOTS_PER_DAY for offset in range(length))
