"""Is a point wanted before the VM is patched? Only where the newest one would be too old when patching begins."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from shared.model.azure import START_LATENESS, ProtectedItem, Vm
from shared.model.intent import FleetPolicy, PatchWindow, Window
from shared.model.on_demand import Purpose
from shared.rules.cadence import TICK, Extra, wanted_of
from shared.rules.retries import Context, takes
from shared.rules.scheduled_runs import runs_around
from shared.rules.scope import matches
from shared.rules.slots import DAY, instant_text, window_span
from shared.rules.start_guards import needless_now


def before_patching(item: ProtectedItem, context: Context, now: datetime) -> Extra | None:
    """Return the backup that is to be over before the VM's next patching, None where none is wanted now.

    It may start as soon as its point would be fresh when patching begins, and so long before that as a backup takes. A
    scheduled run that makes such a point needs no other.
    """
    vm, tier = context.vm, context.tier
    if vm is None or tier is None:
        return None
    begins = min(_begins(vm, context.intent, now), default=None)
    if begins is None:
        return None
    patching, fresh = begins
    opens, closes = patching - fresh, patching - takes(context.minutes)
    if now < opens - TICK or _scheduled_between(context, opens, patching):
        return None
    reason = f"fresh point before the patching of {instant_text(patching)}"
    wanted = wanted_of(Purpose.PATCHING, item, tier, (opens, closes), reason)
    wanted = replace(wanted, key=f"{Purpose.PATCHING}|{item.vm_id}|{patching:%Y-%m-%dT%H%MZ}")
    if needless := needless_now(wanted, tier, context):
        return Extra(wanted, item.name, needless)
    late = f"a backup takes {takes(context.minutes) / timedelta(hours=1):.1f} h, and would not be over before"
    return Extra(wanted, item.name, late if now >= closes or opens >= closes else "")


def wants_fresh_points(windows: tuple[PatchWindow, ...]) -> bool:
    """Return whether any patch window asks for a fresh point."""
    return any(window.fresh_point is not None for window in windows)


def _begins(vm: Vm, intent: FleetPolicy, now: datetime) -> Iterator[tuple[datetime, timedelta]]:
    """Yield when patching begins next by each of the VM's windows, and how old a point may be then."""
    for patching in intent.patch_windows:
        if patching.fresh_point is not None and matches(vm, patching.match):
            window = Window("patching", patching.start, patching.end, patching.zone)
            spans = (window_span(window, "", now.date() + ahead * DAY) for ahead in range(-1, 4))
            yield min(begin for begin, _ in spans if begin > now), patching.fresh_point


def _scheduled_between(context: Context, opens: datetime, patching: datetime) -> bool:
    """Return whether a scheduled run is to make a point in this time, however late it starts."""
    runs = runs_around(context.policy, patching) if context.policy else ()
    length = START_LATENESS + timedelta(minutes=context.minutes)
    return any(run.earliest >= opens and run.latest + length <= patching for run in runs)
