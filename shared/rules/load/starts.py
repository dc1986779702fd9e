"""At which of its allowed starts is a VM quiet, and what does a busier one cost? By the forecast of its load."""

from shared.model.azure import SLOT_MINUTES, SLOTS_PER_DAY
from shared.model.load import ACCEPTABLE_ABOVE, LoadClass, LoadProfile
from shared.rules.load.judging import TOLERANCE
from shared.rules.slots import LATENESS_SLOTS

SNAPSHOT_SLOTS = 1
"""Half hours in which a backup touches the guest; all that follows is read from the snapshot."""


def scored_slots(duration_slots: int) -> int:
    """Return the half hours after a start in which the guest may be touched: it may begin late, then snapshots."""
    return LATENESS_SLOTS + min(max(duration_slots, 1), SNAPSHOT_SLOTS)


def scored_hours(duration_slots: int) -> float:
    """Return the same in hours: the window to ask `classify` about."""
    return scored_slots(duration_slots) * SLOT_MINUTES / 60


def quiet_starts(
    profile: LoadProfile, allowed: tuple[int, ...], duration_slots: int, standing: int | None = None
) -> tuple[int, ...]:
    """Return the allowed starts (UTC slots) whose expected load is within TOLERANCE points of the best of them.

    The `standing` start, where the VM starts by now, is let be within ACCEPTABLE_ABOVE points: forecasts change from
    day to day, and a move for less would be undone by the next. Only a predictable VM has hours of its own: any other
    keeps all its allowed starts.
    """
    if profile.kind is not LoadClass.PREDICTABLE or not allowed:
        return allowed
    loads = {start: expected_load(profile, start, duration_slots) or 0.0 for start in allowed}
    best = min(loads.values())
    return tuple(
        start for start, load in loads.items() if load <= best + (ACCEPTABLE_ABOVE if start == standing else TOLERANCE)
    )


def regret(profile: LoadProfile, start: int, allowed: tuple[int, ...], duration_slots: int) -> float | None:
    """Return the points by which the expected load at `start` is above that of the best allowed one; None: unknown."""
    chosen = expected_load(profile, start, duration_slots)
    others = [expected_load(profile, other, duration_slots) for other in (start, *allowed)]
    return None if chosen is None else chosen - min(load for load in others if load is not None)


def expected_load(profile: LoadProfile, start: int, duration_slots: int) -> float | None:
    """Return the mean expected points while a backup of that slot may touch the guest; None where load is unknown.

    The forecast day closes on itself: a span past its end reads the same slots as of that day.
    """
    if profile.expected is None:
        return None
    length = scored_slots(duration_slots)
    return sum(profile.expected[(start + offset) % SLOTS_PER_DAY] for offset in range(length)) / length
